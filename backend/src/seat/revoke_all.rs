//! Taking back all seats of a person, or of a customer's subscriptions, within another command's transaction.

use domain::event_type::EventType;
use domain::id::{CustomerId, MemberId, OrganizationId};
use serde_json::json;
use sqlx::PgConnection;

use crate::context::Context;
use crate::error::DatabaseError;
use crate::event::{self, NewEvent};

/// Takes back the seats of a customer's subscriptions: those of one member, or all of them.
pub(crate) async fn revoke_all(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    of: Option<MemberId>,
) -> Result<(), DatabaseError> {
    let seats = sqlx::query!(
        "update customer_seat t set status = 'revoked', revoked_at = $4
         from subscription s
         where t.organization_id = $1 and t.status <> 'revoked' and ($3::uuid is null or t.member_id = $3)
           and s.organization_id = t.organization_id and s.subscription_id = t.subscription_id and s.customer_id = $2
         returning t.customer_seat_id, t.subscription_id, t.member_id",
        organization_id.as_uuid(),
        customer_id.as_uuid(),
        of.map(MemberId::as_uuid),
        cx.now,
    )
    .fetch_all(&mut *tx)
    .await?;
    for seat in seats {
        let revoked = NewEvent {
            organization_id,
            event_type: EventType::CustomerSeatRevoked,
            subject_kind: "customer_seat",
            subject_id: seat.customer_seat_id,
            customer_id: Some(customer_id),
            snapshot: json!({ "subscription_id": seat.subscription_id, "member_id": seat.member_id }),
        };
        event::record(tx, cx, revoked).await?;
    }
    Ok(())
}
