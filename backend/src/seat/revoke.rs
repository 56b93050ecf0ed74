//! Taking a seat back.

use domain::event_type::EventType;
use domain::id::{CustomerId, CustomerSeatId};
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};

/// Why the seat was not taken back.
#[derive(Debug, Error)]
pub enum RevokeSeatError {
    #[error("there is no such seat in use")]
    Unknown,
    #[error("this role may not change subscriptions")]
    Forbidden(#[from] Forbidden),
    #[error("the seat could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for RevokeSeatError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Takes a seat from its member: it is free for another one, and is billed on.
pub async fn revoke(
    db: &PgPool,
    cx: &mut Context,
    customer_seat_id: CustomerSeatId,
) -> Result<(), RevokeSeatError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let mut tx = db.begin().await?;
    let seat = sqlx::query!(
        "update customer_seat t set status = 'revoked', revoked_at = $4
         from subscription s
         where t.organization_id = $1 and t.customer_seat_id = $2 and t.status <> 'revoked'
           and s.organization_id = t.organization_id and s.subscription_id = t.subscription_id
           and ($3::uuid is null or s.customer_id = $3)
         returning s.customer_id, t.subscription_id, t.member_id",
        organization_id.as_uuid(),
        customer_seat_id.as_uuid(),
        cx.actor.customer_id().map(CustomerId::as_uuid),
        cx.now,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(RevokeSeatError::Unknown)?;
    let revoked = NewEvent {
        organization_id,
        event_type: EventType::CustomerSeatRevoked,
        subject_kind: "customer_seat",
        subject_id: customer_seat_id.into(),
        customer_id: Some(seat.customer_id.into()),
        snapshot: json!({ "subscription_id": seat.subscription_id, "member_id": seat.member_id }),
    };
    event::record(&mut tx, cx, revoked).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seat::{AssignSeat, assign};
    use crate::test_support::{TestDb, billing, fixtures};
    use domain::role::MemberRole;

    #[tokio::test]
    async fn a_seat_is_taken_back_once_and_only_by_its_customer() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::team_owner(&db, organization_id, "owner@example.com").await;
        let plain = fixtures::colleague(&db, &owner, "ann@example.com", MemberRole::Member).await;
        let stranger = fixtures::team_owner(&db, organization_id, "eve@example.com").await;
        let subscription_id = billing::subscribed_with_seats(&db, &owner, 2).await.subscription_id;
        let input = AssignSeat { subscription_id, member_id: plain.member_id, metadata: None };
        let seat = assign(&db.pool, &mut db.cx_of(owner.clone()), input).await.unwrap();
        let foreign = revoke(&db.pool, &mut db.cx_of(stranger), seat).await;
        assert!(matches!(foreign, Err(RevokeSeatError::Unknown)));
        let forbidden = revoke(&db.pool, &mut db.cx_of(plain), seat).await;
        assert!(matches!(forbidden, Err(RevokeSeatError::Forbidden(_))));
        revoke(&db.pool, &mut db.cx_of(owner.clone()), seat).await.unwrap();
        let again = revoke(&db.pool, &mut db.cx_of(owner), seat).await;
        assert!(matches!(again, Err(RevokeSeatError::Unknown)));
        let events = fixtures::event_types(&db).await;
        let revoked = events.iter().filter(|event| *event == "customer_seat.revoked").count();
        assert_eq!(revoked, 1);
    }
}
