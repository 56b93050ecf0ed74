//! Taking a scheduled pause back before it begins.

use domain::event_type::EventType;
use domain::id::{CustomerId, SubscriptionId};
use domain::subscription::{Subscription, UnschedulePauseRefusal};
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use super::{row, snapshot};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError};
use crate::event;

#[derive(Debug, Error)]
pub enum UnschedulePauseError {
    #[error("there is no such subscription")]
    Unknown,
    #[error("there is no pause to take back: {0}")]
    Refused(UnschedulePauseRefusal),
    #[error("this role may not change subscriptions")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the change could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for UnschedulePauseError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Lets a subscription run on that was to pause. No setting stands in the way. Returns the facts as they are now.
pub async fn unschedule_pause(
    db: &PgPool,
    cx: &mut Context,
    subscription_id: SubscriptionId,
) -> Result<Subscription, UnschedulePauseError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let customer_id = cx.actor.customer_id().map(CustomerId::as_uuid);
    let mut tx = db.begin().await?;
    let row = row::lock(&mut tx, organization_id.into(), customer_id, subscription_id.into())
        .await?
        .ok_or(UnschedulePauseError::Unknown)?;
    let before = Subscription::try_from(&row)?;
    if row.open_change_kind.is_some() {
        let refusal = UnschedulePauseRefusal::ChangePending;
        return Err(UnschedulePauseError::Refused(refusal));
    }
    let after = before.unschedule_pause(cx.now).map_err(UnschedulePauseError::Refused)?;
    row::write(&mut tx, cx.now, &row, &after).await?;
    let previous = json!({
        "pause_at_period_end": true,
        "resumes_at_us": before.resumes_at.map(snapshot::micros),
    });
    let event_type = EventType::SubscriptionPauseUnscheduled;
    event::record(&mut tx, cx, snapshot::event(event_type, &row, &after, previous)).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::MemberActor;
    use crate::subscription::{PauseSubscription, pause, run_due};
    use crate::test_support::billing::{change_pending, everything_allowed, subscribed};
    use crate::test_support::{TestDb, fixtures};
    use domain::role::MemberRole;

    async fn scheduled(db: &TestDb) -> (MemberActor, SubscriptionId, Subscription) {
        let organization_id = fixtures::organization(db, "acme").await;
        everything_allowed(db, organization_id).await;
        let owner = fixtures::team_owner(db, organization_id, "ada@example.com").await;
        let started = subscribed(db, &owner).await;
        let input =
            PauseSubscription { subscription_id: started.subscription_id, resumes_at: None };
        pause(&db.pool, &mut db.cx_of(owner.clone()), input).await.unwrap();
        (owner, started.subscription_id, started.facts)
    }

    #[tokio::test]
    async fn it_runs_on_as_before() {
        let db = TestDb::new().await;
        let (owner, id, facts) = scheduled(&db).await;
        sqlx::query("update portal_setting set pause = false").execute(&db.pool).await.unwrap();
        let kept = unschedule_pause(&db.pool, &mut db.cx_of(owner.clone()), id).await.unwrap();
        assert_eq!(kept, facts);
        let again = unschedule_pause(&db.pool, &mut db.cx_of(owner), id).await;
        assert!(matches!(
            again,
            Err(UnschedulePauseError::Refused(UnschedulePauseRefusal::NotScheduled))
        ));
        db.clock.set(facts.current_period.end);
        db.settled().await;
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1);
        let events = fixtures::event_types(&db).await;
        assert!(events.contains(&"subscription.pause_unscheduled".to_owned()));
        assert!(events.contains(&"subscription.renewed".to_owned()));
    }

    #[tokio::test]
    async fn it_is_refused_to_others_while_a_change_waits_and_once_it_rests() {
        let db = TestDb::new().await;
        let (owner, id, facts) = scheduled(&db).await;
        let colleague =
            fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::Member).await;
        let neighbour = fixtures::member(&db, owner.organization_id, "eve@example.com").await;
        let attempt = async |actor| unschedule_pause(&db.pool, &mut db.cx_of(actor), id).await;
        assert!(matches!(attempt(colleague).await, Err(UnschedulePauseError::Forbidden(_))));
        assert!(matches!(attempt(neighbour).await, Err(UnschedulePauseError::Unknown)));
        db.settled().await;
        db.clock.set(facts.current_period.end);
        for worker_was_there in [false, true] {
            let refused = attempt(owner.clone()).await;
            assert!(matches!(
                refused,
                Err(UnschedulePauseError::Refused(UnschedulePauseRefusal::AlreadyPaused))
            ));
            db.settled().await;
            let steps = run_due(&db.pool, &mut db.cx(), 10).await.unwrap();
            assert_eq!(steps, usize::from(!worker_was_there));
        }
        change_pending(&db, id).await;
        assert!(matches!(
            attempt(owner).await,
            Err(UnschedulePauseError::Refused(UnschedulePauseRefusal::ChangePending))
        ));
    }
}
