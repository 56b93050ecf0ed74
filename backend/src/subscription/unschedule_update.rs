//! Taking a scheduled change of plan or seats back.

use domain::event_type::EventType;
use domain::id::{CustomerId, SubscriptionId};
use domain::subscription::Subscription;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use super::row::SubscriptionRow;
use super::{row, snapshot};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError};
use crate::event;

/// Why there is no scheduled change to take back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnscheduleUpdateRefusal {
    #[error("no change is scheduled")]
    NotScheduled,
    #[error("the period is over, the change takes effect")]
    TooLate,
    #[error("the subscription has ended")]
    Ended,
    #[error("a change of it waits for its payment")]
    ChangePending,
}

#[derive(Debug, Error)]
pub enum UnscheduleUpdateError {
    #[error("there is no such subscription")]
    Unknown,
    #[error("there is no change to take back: {0}")]
    Refused(UnscheduleUpdateRefusal),
    #[error("this role may not change subscriptions")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the change could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for UnscheduleUpdateError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Takes the scheduled change back: the subscription renews as it is. Returns its facts.
pub async fn unschedule_update(
    db: &PgPool,
    cx: &mut Context,
    subscription_id: SubscriptionId,
) -> Result<Subscription, UnscheduleUpdateError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let customer_id = cx.actor.customer_id().map(CustomerId::as_uuid);
    let mut tx = db.begin().await?;
    let row = row::lock(&mut tx, organization_id.into(), customer_id, subscription_id.into())
        .await?
        .ok_or(UnscheduleUpdateError::Unknown)?;
    let facts = Subscription::try_from(&row)?;
    let refused = |refusal| Err(UnscheduleUpdateError::Refused(refusal));
    if facts.is_ended() {
        return refused(UnscheduleUpdateRefusal::Ended);
    }
    if row.open_change_kind.is_some() {
        return refused(UnscheduleUpdateRefusal::ChangePending);
    }
    let Some(update) = row.pending_update()? else {
        return refused(UnscheduleUpdateRefusal::NotScheduled);
    };
    if update.applies_at <= cx.now {
        return refused(UnscheduleUpdateRefusal::TooLate);
    }
    forget(&mut tx, &row).await?;
    // A new revision, so that a quote made before is stale.
    row::write(&mut tx, cx.now, &row, &facts).await?;
    let previous = json!({
        "pending_product_name": update.product_name,
        "pending_seats": update.seats,
        "pending_amount_minor": update.amount.minor,
        "pending_applies_at_us": snapshot::micros(update.applies_at),
    });
    let event_type = EventType::SubscriptionUpdateUnscheduled;
    event::record(&mut tx, cx, snapshot::event(event_type, &row, &facts, previous)).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(facts)
}

/// Deletes the update that waits, if one does.
pub(crate) async fn forget(
    tx: &mut PgConnection,
    row: &SubscriptionRow,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from subscription_pending_update where organization_id = $1 and subscription_id = $2",
        row.organization_id,
        row.subscription_id,
    )
    .execute(tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subscription::{CancelSubscription, cancel, get};
    use crate::test_support::billing::{Offer, change_pending, subscribed, update_scheduled};
    use crate::test_support::{TestDb, fixtures};
    use domain::role::MemberRole;

    #[tokio::test]
    async fn it_renews_as_it_is_again() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::team_owner(&db, organization_id, "ada@example.com").await;
        let started = subscribed(&db, &owner).await;
        let id = started.subscription_id;
        let read =
            async || get(&db.pool, &owner.clone().into(), id).await.unwrap().unwrap().summary;
        update_scheduled(&db, id, Some(Offer::business(&db, organization_id).await), None).await;
        let before = read().await;
        let update = before.pending_update.unwrap();
        assert_eq!((update.product_name.as_str(), update.amount.minor), ("Business", 5_900));
        assert_eq!(update.applies_at, started.facts.current_period.end);
        assert_eq!(before.next_charge.unwrap().amounts.totals.total.minor, 5_900);
        unschedule_update(&db.pool, &mut db.cx_of(owner.clone()), id).await.unwrap();
        let after = read().await;
        assert_eq!((after.pending_update, after.revision), (None, before.revision + 1));
        assert_eq!(after.next_charge.unwrap().amounts.totals.total.minor, 2_900);
        assert_eq!(
            fixtures::event_types(&db).await.last().unwrap(),
            "subscription.update_unscheduled"
        );
        let again = unschedule_update(&db.pool, &mut db.cx_of(owner.clone()), id).await;
        let not_scheduled = UnscheduleUpdateRefusal::NotScheduled;
        assert!(matches!(again, Err(UnscheduleUpdateError::Refused(it)) if it == not_scheduled));
    }

    #[tokio::test]
    async fn canceling_drops_it_too() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let id = subscribed(&db, &owner).await.subscription_id;
        let business = Offer::business(&db, owner.organization_id).await;
        update_scheduled(&db, id, Some(business), None).await;
        let input = CancelSubscription { subscription_id: id, reason: None, comment: None };
        cancel(&db.pool, &mut db.cx_of(owner.clone()), input).await.unwrap();
        let read = get(&db.pool, &owner.into(), id).await.unwrap().unwrap().summary;
        assert_eq!((read.pending_update, read.next_charge), (None, None));
    }

    #[tokio::test]
    async fn it_is_refused_to_others_while_a_change_waits_and_too_late() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::team_owner(&db, organization_id, "ada@example.com").await;
        let colleague =
            fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::Member).await;
        let neighbour = fixtures::member(&db, organization_id, "eve@example.com").await;
        let started = subscribed(&db, &owner).await;
        let id = started.subscription_id;
        update_scheduled(&db, id, Some(Offer::starter(&db, organization_id).await), None).await;
        let attempt = async |actor| unschedule_update(&db.pool, &mut db.cx_of(actor), id).await;
        assert!(matches!(attempt(colleague).await, Err(UnscheduleUpdateError::Forbidden(_))));
        assert!(matches!(attempt(neighbour).await, Err(UnscheduleUpdateError::Unknown)));
        let refused = async || match attempt(owner.clone()).await {
            Err(UnscheduleUpdateError::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        };
        db.clock.set(started.facts.current_period.end);
        assert_eq!(refused().await, UnscheduleUpdateRefusal::TooLate);
        change_pending(&db, id).await;
        assert_eq!(refused().await, UnscheduleUpdateRefusal::ChangePending);
        sqlx::query("update subscription set status = 'canceled', ended_at = now(), due_at = null")
            .execute(&db.pool)
            .await
            .unwrap();
        assert_eq!(refused().await, UnscheduleUpdateRefusal::Ended);
    }
}
