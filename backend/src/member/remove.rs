//! Removing a member.

use domain::event_type::EventType;
use domain::id::{CustomerId, MemberId, OrganizationId};
use domain::role::MemberRole;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError, QueryError};
use crate::event::{self, NewEvent};
use crate::{seat, session};

/// Why the member stays.
#[derive(Debug, Error)]
pub enum RemoveMemberError {
    #[error("there is no such member")]
    Unknown,
    #[error("nobody removes themselves")]
    Oneself,
    #[error("a customer has an owner")]
    LastOwner,
    #[error("this role may not remove members")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the removal could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for RemoveMemberError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<QueryError> for RemoveMemberError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Database(error) => error.into(),
            QueryError::Inconsistency(error) => error.into(),
            QueryError::Forbidden(error) => error.into(),
        }
    }
}

/// Removes a member: signed out everywhere, its seats are free. Owners and billing managers may, and the organization.
pub async fn remove(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    member_id: MemberId,
) -> Result<(), RemoveMemberError> {
    cx.actor.billing_writer(organization_id)?;
    if cx.actor.customer_id().is_some_and(|own| own != customer_id) {
        return Err(RemoveMemberError::Unknown);
    }
    let mut tx = db.begin().await?;
    let role = sqlx::query_scalar!(
        "select m.role from member m
         join customer c on c.organization_id = m.organization_id and c.customer_id = m.customer_id and c.deleted_at is null
         where m.organization_id = $1 and m.customer_id = $2 and m.member_id = $3 and m.deleted_at is null
         for no key update of m",
        organization_id.as_uuid(),
        customer_id.as_uuid(),
        member_id.as_uuid(),
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(RemoveMemberError::Unknown)?;
    if cx.actor.member().is_some_and(|actor| actor.member_id == member_id) {
        return Err(RemoveMemberError::Oneself);
    }
    if role == MemberRole::Owner.as_str() {
        return Err(RemoveMemberError::LastOwner);
    }
    seat::revoke_all(&mut tx, cx, organization_id, customer_id, Some(member_id)).await?;
    session::end_all(&mut tx, cx, organization_id, customer_id, Some(member_id)).await?;
    sqlx::query!(
        "update member set deleted_at = $3, modified_at = $3 where organization_id = $1 and member_id = $2",
        organization_id.as_uuid(),
        member_id.as_uuid(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    record_deleted(&mut tx, cx, organization_id, customer_id, member_id).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

/// Writes down that a member is gone.
pub(crate) async fn record_deleted(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    member_id: MemberId,
) -> Result<(), DatabaseError> {
    let deleted = NewEvent {
        organization_id,
        event_type: EventType::MemberDeleted,
        subject_kind: "member",
        subject_id: member_id.into(),
        customer_id: Some(customer_id),
        snapshot: json!({}),
    };
    event::record(tx, cx, deleted).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{Actor, MemberActor};
    use crate::seat::{AssignSeat, assign};
    use crate::test_support::{TestDb, billing, fixtures};

    #[tokio::test]
    async fn who_is_removed_is_signed_out_and_has_no_seat() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::team_owner(&db, organization_id, "ada@example.com").await;
        let manager =
            fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::BillingManager).await;
        let plain = fixtures::colleague(&db, &owner, "cleo@example.com", MemberRole::Member).await;
        let eve = fixtures::team_owner(&db, organization_id, "eve@example.com").await;
        let subscription_id = billing::subscribed_with_seats(&db, &owner, 2).await.subscription_id;
        let input = AssignSeat { subscription_id, member_id: plain.member_id, metadata: None };
        assign(&db.pool, &mut db.cx_of(owner.clone()), input).await.unwrap();
        let session = fixtures::session(&db, &plain).await;
        let by = async |actor: MemberActor, whom: &MemberActor| {
            let (pool, mut cx) = (&db.pool, db.cx_of(Actor::Member(actor)));
            remove(pool, &mut cx, organization_id, owner.customer_id, whom.member_id).await
        };
        let refused = by(plain.clone(), &manager).await;
        assert!(matches!(refused, Err(RemoveMemberError::Forbidden(_))));
        assert!(matches!(by(eve.clone(), &plain).await, Err(RemoveMemberError::Unknown)));
        assert!(matches!(by(owner.clone(), &eve).await, Err(RemoveMemberError::Unknown)));
        assert!(matches!(by(manager.clone(), &manager).await, Err(RemoveMemberError::Oneself)));
        assert!(matches!(by(manager.clone(), &owner).await, Err(RemoveMemberError::LastOwner)));
        by(manager.clone(), &plain).await.unwrap();
        assert!(matches!(by(manager, &plain).await, Err(RemoveMemberError::Unknown)));
        let signed_in =
            session::authenticate(&db.pool, organization_id, session.token.expose(), db.now())
                .await
                .unwrap();
        assert!(signed_in.is_none());
        let events = fixtures::event_types(&db).await;
        assert_eq!(
            events[events.len() - 3..],
            ["customer_seat.revoked", "session.ended", "member.deleted"]
        );
    }
}
