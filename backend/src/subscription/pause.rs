//! Pausing at the end of the paid period.

use domain::event_type::EventType;
use domain::id::{CustomerId, OrganizationId, SubscriptionId};
use domain::subscription::{PauseRefusal, Subscription};
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use time::OffsetDateTime;

use super::{row, snapshot};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError};
use crate::event;

/// A subscription to pause at the end of its current period.
#[derive(Debug, Clone, Copy)]
pub struct PauseSubscription {
    pub subscription_id: SubscriptionId,
    /// When it goes on by itself; `None`: when somebody resumes it.
    pub resumes_at: Option<OffsetDateTime>,
}

#[derive(Debug, Error)]
pub enum PauseError {
    #[error("there is no such subscription")]
    Unknown,
    #[error("the subscription cannot be paused: {0}")]
    Refused(PauseRefusal),
    #[error("the organization does not let its customers pause")]
    NotOffered,
    #[error("this role may not change subscriptions")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the change could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for PauseError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Schedules a pause: it runs to the end of the period that is paid for, then rests without a charge. Returns the facts as they are now.
///
/// # Errors
/// `NotOffered` to customers of an organization that does not let them; the organization itself always may.
pub async fn pause(
    db: &PgPool,
    cx: &mut Context,
    input: PauseSubscription,
) -> Result<Subscription, PauseError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let customer_id = cx.actor.customer_id().map(CustomerId::as_uuid);
    let mut tx = db.begin().await?;
    let row = row::lock(&mut tx, organization_id.into(), customer_id, input.subscription_id.into())
        .await?
        .ok_or(PauseError::Unknown)?;
    let before = Subscription::try_from(&row)?;
    if cx.actor.member().is_some() && !is_offered(&mut tx, organization_id).await? {
        return Err(PauseError::NotOffered);
    }
    if row.open_change_kind.is_some() {
        return Err(PauseError::Refused(PauseRefusal::ChangePending));
    }
    let after = before.pause(cx.now, input.resumes_at).map_err(PauseError::Refused)?;
    row::write(&mut tx, cx.now, &row, &after).await?;
    let previous = json!({ "pause_at_period_end": false, "resumes_at_us": null });
    let event_type = EventType::SubscriptionPauseScheduled;
    event::record(&mut tx, cx, snapshot::event(event_type, &row, &after, previous)).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(after)
}

async fn is_offered(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        "select pause from portal_setting where organization_id = $1",
        organization_id.as_uuid(),
    )
    .fetch_optional(tx)
    .await
    .map(|is_on| is_on == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{Actor, MemberActor};
    use crate::invariants;
    use crate::subscription::{CancelSubscription, cancel, get, run_due};
    use crate::test_support::billing::{change_pending, everything_allowed, subscribed};
    use crate::test_support::{TestDb, fixtures};
    use domain::role::MemberRole;
    use domain::subscription::SubscriptionStatus;
    use time::Duration;
    use time::macros::datetime;
    use uuid::Uuid;

    async fn team(db: &TestDb) -> MemberActor {
        let organization_id = fixtures::organization(db, "acme").await;
        everything_allowed(db, organization_id).await;
        fixtures::team_owner(db, organization_id, "ada@example.com").await
    }

    fn input(subscription_id: SubscriptionId) -> PauseSubscription {
        PauseSubscription { subscription_id, resumes_at: Some(datetime!(2026-08-10 0:00 UTC)) }
    }

    #[tokio::test]
    async fn it_rests_after_the_period_and_goes_on_by_itself() {
        let db = TestDb::new().await;
        let owner = team(&db).await;
        let manager =
            fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::BillingManager).await;
        let id = subscribed(&db, &owner).await.subscription_id;
        let facts = pause(&db.pool, &mut db.cx_of(manager), input(id)).await.unwrap();
        assert!(facts.pause_at_period_end && facts.status == SubscriptionStatus::Active);
        let read =
            async || get(&db.pool, &owner.clone().into(), id).await.unwrap().unwrap().summary;
        let announced = read().await.next_charge.unwrap();
        assert_eq!(announced.at, datetime!(2026-08-10 0:00 UTC));
        db.clock.set(facts.current_period.end);
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1);
        let paused = read().await;
        assert_eq!(
            (paused.facts.status, paused.facts.paused_at),
            (SubscriptionStatus::Paused, Some(facts.current_period.end))
        );
        assert_eq!(paused.next_charge.unwrap(), announced);
        db.clock.set(datetime!(2026-08-09 23:59 UTC));
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 0, "no charge meanwhile");
        // The worker comes late: the period begins on the promised day all the same.
        db.clock.set(datetime!(2026-08-12 0:00 UTC));
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1);
        let resumed = read().await.facts;
        assert_eq!(resumed.status, SubscriptionStatus::Active);
        assert_eq!(resumed.current_period.end, datetime!(2026-09-10 0:00 UTC));
        let events = fixtures::event_types(&db).await;
        let told: Vec<_> =
            events.iter().filter(|event| event.starts_with("subscription.")).collect();
        assert_eq!(
            told[1..],
            ["subscription.pause_scheduled", "subscription.paused", "subscription.resumed"]
        );
        assert_eq!(invariants::check(&db.pool, owner.organization_id).await.unwrap(), vec![]);
    }

    #[tokio::test]
    async fn without_a_return_nothing_is_due_any_more() {
        let db = TestDb::new().await;
        let owner = team(&db).await;
        let id = subscribed(&db, &owner).await.subscription_id;
        let open = PauseSubscription { resumes_at: None, ..input(id) };
        let facts = pause(&db.pool, &mut db.cx_of(owner.clone()), open).await.unwrap();
        db.clock.set(facts.current_period.end + Duration::days(900));
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1);
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 0);
        assert_eq!(invariants::check(&db.pool, owner.organization_id).await.unwrap(), vec![]);
        // It can still be ended: at once, and without a charge.
        let input = CancelSubscription { subscription_id: id, reason: None, comment: None };
        let ended = cancel(&db.pool, &mut db.cx_of(owner.clone()), input).await.unwrap();
        assert_eq!((ended.status, ended.ended_at), (SubscriptionStatus::Canceled, Some(db.now())));
        let orders: i64 =
            sqlx::query_scalar("select count(*) from orders").fetch_one(&db.pool).await.unwrap();
        assert_eq!(orders, 1);
        assert_eq!(fixtures::event_types(&db).await.last().unwrap(), "subscription.revoked");
        assert_eq!(invariants::check(&db.pool, owner.organization_id).await.unwrap(), vec![]);
    }

    #[tokio::test]
    async fn it_is_refused_by_name() {
        let db = TestDb::new().await;
        let owner = team(&db).await;
        let id = subscribed(&db, &owner).await.subscription_id;
        let refused = async |input| match pause(&db.pool, &mut db.cx_of(owner.clone()), input).await
        {
            Err(PauseError::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        };
        let early = PauseSubscription { resumes_at: Some(db.now()), ..input(id) };
        assert_eq!(refused(early).await, PauseRefusal::ResumesTooEarly);
        change_pending(&db, id).await;
        assert_eq!(refused(input(id)).await, PauseRefusal::ChangePending);
        sqlx::query("update subscription_change set state = 'refused', settled_at = created_at")
            .execute(&db.pool)
            .await
            .unwrap();
        pause(&db.pool, &mut db.cx_of(owner.clone()), input(id)).await.unwrap();
        assert_eq!(refused(input(id)).await, PauseRefusal::AlreadyScheduled);
        let late = "update subscription set pause_at_period_end = false, resumes_at = null, status = 'past_due', past_due_at = created_at";
        sqlx::query(late).execute(&db.pool).await.unwrap();
        assert_eq!(refused(input(id)).await, PauseRefusal::PastDue);
    }

    #[tokio::test]
    async fn only_the_customers_own_and_only_where_it_is_offered() {
        let db = TestDb::new().await;
        let owner = team(&db).await;
        let colleague =
            fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::Member).await;
        let neighbour = fixtures::member(&db, owner.organization_id, "eve@example.com").await;
        let other =
            fixtures::member(&db, fixtures::organization(&db, "other").await, "eve@example.com")
                .await;
        let id = subscribed(&db, &owner).await.subscription_id;
        let attempt =
            async |actor: Actor, id| pause(&db.pool, &mut db.cx_of(actor), input(id)).await;
        assert!(matches!(attempt(colleague.into(), id).await, Err(PauseError::Forbidden(_))));
        assert!(matches!(attempt(neighbour.into(), id).await, Err(PauseError::Unknown)));
        assert!(matches!(attempt(other.into(), id).await, Err(PauseError::Unknown)));
        let nobodys = attempt(owner.clone().into(), Uuid::nil().into()).await;
        assert!(matches!(nobodys, Err(PauseError::Unknown)));
        sqlx::query("update portal_setting set pause = false").execute(&db.pool).await.unwrap();
        assert!(matches!(attempt(owner.clone().into(), id).await, Err(PauseError::NotOffered)));
        let staff = Actor::System { organization_id: Some(owner.organization_id) };
        assert!(attempt(staff, id).await.is_ok());
    }

    #[tokio::test]
    async fn ten_at_once_make_one_change() {
        let db = TestDb::new().await;
        let owner = team(&db).await;
        let id = subscribed(&db, &owner).await.subscription_id;
        let attempts: Vec<_> = (0..10)
            .map(|_| {
                let (pool, mut cx) = (db.pool.clone(), db.cx_of(owner.clone()));
                tokio::spawn(async move { pause(&pool, &mut cx, input(id)).await.is_ok() })
            })
            .collect();
        let mut accepted = 0;
        for attempt in attempts {
            accepted += usize::from(attempt.await.unwrap());
        }
        let scheduled = |event: &&String| *event == "subscription.pause_scheduled";
        let events = fixtures::event_types(&db).await.iter().filter(scheduled).count();
        assert_eq!((accepted, events), (1, 1));
    }
}
