//! Seats on the wire.

use backend::seat::{SeatMember, SeatRecord};
use domain::{
    id::{CustomerId, CustomerSeatId, MemberId, SubscriptionId},
    seat_status::SeatStatus,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::member::Member;
use crate::rest::timestamp::Timestamp;

/// A seat of a subscription.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerSeat {
    #[schema(value_type = Uuid)]
    pub id: CustomerSeatId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    #[schema(value_type = Option<Uuid>)]
    pub subscription_id: Option<SubscriptionId>,
    /// Always null: seats belong to subscriptions.
    pub order_id: Option<Uuid>,
    #[schema(value_type = String, example = "claimed")]
    pub status: SeatStatus,
    /// Who pays for it; null when it was taken back, as the next ones are.
    #[schema(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    #[schema(value_type = Option<Uuid>)]
    pub member_id: Option<MemberId>,
    pub member: Option<Member>,
    pub email: Option<String>,
    pub customer_email: Option<String>,
    /// Always null: seats are claimed at once.
    pub invitation_token_expires_at: Option<Timestamp>,
    pub claimed_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    #[schema(value_type = Option<Object>)]
    pub seat_metadata: Option<serde_json::Value>,
}

/// The seats of a subscription.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeatsList {
    /// The oldest first, those taken back among them.
    pub seats: Vec<CustomerSeat>,
    /// Free to be given.
    pub available_seats: i32,
    /// Paid for.
    pub total_seats: i32,
}

impl From<&SeatRecord> for CustomerSeat {
    fn from(seat: &SeatRecord) -> Self {
        let is_used = seat.status != SeatStatus::Revoked;
        let used = || Some(&seat.member).filter(|_| is_used);
        Self {
            id: seat.customer_seat_id,
            created_at: seat.created_at.into(),
            modified_at: seat.revoked_at.or(seat.claimed_at).map(Into::into),
            subscription_id: Some(seat.subscription_id),
            order_id: None,
            status: seat.status,
            customer_id: is_used.then_some(seat.customer_id),
            member_id: used().map(|member| member.member_id),
            member: used().map(|member| on_wire(member, seat.customer_id)),
            email: used().map(|member| member.email.clone()),
            customer_email: used().map(|member| member.email.clone()),
            invitation_token_expires_at: None,
            claimed_at: seat.claimed_at.map(Into::into),
            revoked_at: seat.revoked_at.map(Into::into),
            seat_metadata: seat.metadata.clone(),
        }
    }
}

fn on_wire(member: &SeatMember, customer_id: CustomerId) -> Member {
    Member {
        id: member.member_id,
        created_at: member.created_at.into(),
        modified_at: member.modified_at.map(Into::into),
        customer_id,
        email: member.email.clone(),
        name: member.name.clone(),
        external_id: member.external_id.clone(),
        role: member.role,
    }
}
