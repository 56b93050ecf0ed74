//! Taking a cancellation back while the last period still runs.

use domain::event_type::EventType;
use domain::id::{CustomerId, SubscriptionId};
use domain::subscription::{KeepRefusal, Subscription};
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use super::{row, snapshot};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError};
use crate::event;

#[derive(Debug, Error)]
pub enum KeepError {
    #[error("there is no such subscription")]
    Unknown,
    #[error("the subscription cannot be kept: {0}")]
    Refused(KeepRefusal),
    #[error("this role may not change subscriptions")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the change could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for KeepError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Keeps a subscription that was set to end: it will renew as before. Returns the facts as they are now.
pub async fn keep(
    db: &PgPool,
    cx: &mut Context,
    subscription_id: SubscriptionId,
) -> Result<Subscription, KeepError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let customer_id = cx.actor.customer_id().map(CustomerId::as_uuid);
    let mut tx = db.begin().await?;
    let row = row::lock(&mut tx, organization_id.into(), customer_id, subscription_id.into())
        .await?
        .ok_or(KeepError::Unknown)?;
    let before = Subscription::try_from(&row)?;
    if row.open_change_kind.is_some() {
        return Err(KeepError::Refused(KeepRefusal::ChangePending));
    }
    let after = before.keep(cx.now).map_err(KeepError::Refused)?;
    row::write(&mut tx, cx.now, &row, &after).await?;
    sqlx::query!(
        "update subscription set cancellation_reason = null, cancellation_comment = null
         where organization_id = $1 and subscription_id = $2",
        row.organization_id,
        row.subscription_id,
    )
    .execute(&mut *tx)
    .await?;
    let previous = json!({
        "cancel_at_period_end": true,
        "canceled_at_us": before.canceled_at.map(snapshot::micros),
        "ends_at_us": before.ends_at.map(snapshot::micros),
    });
    let kept = snapshot::event(EventType::SubscriptionUncanceled, &row, &after, previous);
    event::record(&mut tx, cx, kept).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subscription::{CancelSubscription, cancel, get, run_due};
    use crate::test_support::billing::subscribed;
    use crate::test_support::{TestDb, fixtures};
    use domain::role::MemberRole;
    use time::Duration;

    fn plain(subscription_id: SubscriptionId) -> CancelSubscription {
        CancelSubscription { subscription_id, reason: None, comment: None }
    }

    #[tokio::test]
    async fn a_kept_subscription_is_as_before_and_renews() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let started = subscribed(&db, &owner).await;
        let id = started.subscription_id;
        cancel(&db.pool, &mut db.cx_of(owner.clone()), plain(id)).await.unwrap();
        let kept = keep(&db.pool, &mut db.cx_of(owner.clone()), id).await.unwrap();
        assert_eq!(kept, started.facts);
        let read = get(&db.pool, &owner.clone().into(), id).await.unwrap().unwrap();
        assert_eq!(
            (read.summary.facts, read.cancellation_reason, read.summary.revision),
            (started.facts, None, 3)
        );
        let again = keep(&db.pool, &mut db.cx_of(owner.clone()), id).await;
        assert!(matches!(again, Err(KeepError::Refused(KeepRefusal::NotScheduled))));
        db.clock.set(started.facts.current_period.end);
        db.settled().await;
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1);
        assert_eq!(
            fixtures::event_types(&db).await[6..],
            [
                "order.created",
                "subscription.canceled",
                "subscription.uncanceled",
                "subscription.renewed",
                "order.created"
            ]
        );
    }

    #[tokio::test]
    async fn it_is_refused_to_others_and_after_the_end() {
        let db = TestDb::new().await;
        let owner =
            fixtures::team_owner(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let colleague =
            fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::Member).await;
        let neighbour = fixtures::member(&db, owner.organization_id, "eve@example.com").await;
        let id = subscribed(&db, &owner).await.subscription_id;
        cancel(&db.pool, &mut db.cx_of(owner.clone()), plain(id)).await.unwrap();
        assert!(matches!(
            keep(&db.pool, &mut db.cx_of(colleague), id).await,
            Err(KeepError::Forbidden(_))
        ));
        assert!(matches!(
            keep(&db.pool, &mut db.cx_of(neighbour), id).await,
            Err(KeepError::Unknown)
        ));
        db.clock.advance(Duration::days(31));
        let late = keep(&db.pool, &mut db.cx_of(owner.clone()), id).await;
        assert!(
            matches!(late, Err(KeepError::Refused(KeepRefusal::Ended))),
            "before the worker came"
        );
        run_due(&db.pool, &mut db.cx(), 10).await.unwrap();
        let late = keep(&db.pool, &mut db.cx_of(owner), id).await;
        assert!(
            matches!(late, Err(KeepError::Refused(KeepRefusal::Ended))),
            "after the worker came"
        );
    }

    #[tokio::test]
    async fn ten_at_once_make_one_change() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let id = subscribed(&db, &owner).await.subscription_id;
        cancel(&db.pool, &mut db.cx_of(owner.clone()), plain(id)).await.unwrap();
        let attempts: Vec<_> = (0..10)
            .map(|_| {
                let (pool, mut cx) = (db.pool.clone(), db.cx_of(owner.clone()));
                tokio::spawn(async move { keep(&pool, &mut cx, id).await.is_ok() })
            })
            .collect();
        let mut accepted = 0;
        for attempt in attempts {
            accepted += usize::from(attempt.await.unwrap());
        }
        let events = fixtures::event_types(&db)
            .await
            .iter()
            .filter(|event| *event == "subscription.uncanceled")
            .count();
        assert_eq!((accepted, events), (1, 1));
    }
}
