//! Carrying subscriptions on when they are due: renewals, ends of trials, scheduled changes, pauses, returns, ends.

use domain::id::OrganizationId;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use super::carry_on::{Step, carry_on};
use super::remind_due::remind_due;
use crate::context::Context;
use crate::error::{DatabaseError, InconsistencyError, QueryError};
use crate::event;
use crate::order::InsertOrderError;

/// Rows that cannot be carried on are left for a person; after so many in one run something else is wrong.
const FAILURES_MAX: usize = 10;

/// So many are carried on in one transaction: a commit waits for the disk, and this shares the wait.
const BATCH: usize = 20;

#[derive(Debug, Error)]
pub enum RunDueError {
    #[error("due subscriptions could not be carried on")]
    Database(#[from] DatabaseError),
    #[error("a subscription breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("what a subscription rests on could not be read")]
    Query(#[from] QueryError),
    #[error("the order of a period could not be made")]
    Order(#[from] InsertOrderError),
}

impl From<sqlx::Error> for RunDueError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Does at most `limit` steps that are due at the context's time and returns how many it did; fewer than `limit` means
/// that nothing is left, or that other workers hold the rest. Reminders that are due come first.
///
/// A context of one organization carries on only that one's subscriptions; the system's, everybody's.
///
/// A step is the next period with its order, a pause, a return or the end. Periods missed while no worker ran come one by one,
/// oldest first. Any number of workers may run at once: a claimed row is skipped by the others, and the index
/// `orders_subscription_period_key` allows one order per period. One with a change that waits for its payment waits for it. A row
/// that breaks a rule is logged and passed over.
pub async fn run_due(db: &PgPool, cx: &mut Context, limit: usize) -> Result<usize, RunDueError> {
    let mut done = remind_due(db, cx, limit).await?;
    let mut passed_over: Vec<Uuid> = Vec::new();
    let mut failures = 0;
    while done < limit {
        match batch(db, cx, &mut passed_over, BATCH.min(limit - done)).await? {
            Batch::NothingDue => break,
            Batch::Done(steps) => done += steps,
            Batch::Failed(subscription_id, error) => {
                tracing::error!(%subscription_id, error = &error as &dyn std::error::Error, "a due subscription could not be carried on");
                passed_over.push(subscription_id);
                failures += 1;
                if failures >= FAILURES_MAX {
                    return Err(error);
                }
            }
        }
    }
    if done > 0 {
        let mut connection = db.acquire().await?;
        event::notify(&mut connection).await?;
    }
    Ok(done)
}

/// When the next subscription is due or to be reminded of, within the context's organization; `None` when none ever is. What waits for
/// the payment of a change is left out.
pub async fn next_due_at(
    db: &PgPool,
    organization_id: Option<OrganizationId>,
) -> Result<Option<OffsetDateTime>, DatabaseError> {
    let at = sqlx::query_scalar!(
        "select least(
            (select min(s.due_at) from subscription s
             where s.due_at is not null and ($1::uuid is null or s.organization_id = $1)
               and not exists (
                select from subscription_change c
                where c.organization_id = s.organization_id and c.subscription_id = s.subscription_id and c.state = 'pending')),
            (select min(reminder_due_at) from subscription
             where reminder_due_at is not null and ($1::uuid is null or organization_id = $1)))",
        organization_id.map(OrganizationId::as_uuid),
    )
    .fetch_one(db)
    .await?;
    Ok(at)
}

enum Batch {
    NothingDue,
    Done(usize),
    Failed(Uuid, RunDueError),
}

/// One transaction: one step of each of up to `limit` subscriptions.
async fn batch(
    db: &PgPool,
    cx: &mut Context,
    passed_over: &mut Vec<Uuid>,
    limit: usize,
) -> Result<Batch, RunDueError> {
    let mut tx = db.begin().await?;
    let claimed = claim(&mut tx, cx, passed_over, limit).await?;
    if claimed.is_empty() {
        return Ok(Batch::NothingDue);
    }
    let mut steps = 0;
    for (organization_id, subscription_id) in claimed {
        match carry_on(&mut tx, cx, organization_id, subscription_id).await {
            Ok(Step::Done) => steps += 1,
            Ok(Step::Waits) => passed_over.push(subscription_id),
            Err(error) => {
                // The others of the batch are free again at once, and come without this one.
                tx.rollback().await?;
                return Ok(Batch::Failed(subscription_id, error));
            }
        }
    }
    tx.commit().await?;
    Ok(Batch::Done(steps))
}

/// Locks due subscriptions that nobody else holds.
async fn claim(
    tx: &mut PgConnection,
    cx: &Context,
    passed_over: &[Uuid],
    limit: usize,
) -> Result<Vec<(Uuid, Uuid)>, sqlx::Error> {
    let rows = sqlx::query!(
        "select s.organization_id, s.subscription_id
         from subscription s
         where s.due_at <= $1 and s.subscription_id <> all ($2) and ($3::uuid is null or s.organization_id = $3)
           and not exists (
            select from subscription_change c
            where c.organization_id = s.organization_id and c.subscription_id = s.subscription_id and c.state = 'pending')
         order by s.due_at
         limit $4
         for no key update of s skip locked",
        cx.now,
        passed_over,
        cx.actor.organization_id().map(OrganizationId::as_uuid),
        i64::try_from(limit).unwrap_or(i64::MAX),
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.organization_id, row.subscription_id)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants;
    use crate::subscription::{CancelSubscription, cancel, get};
    use crate::test_support::billing::{Offer, subscribed};
    use crate::test_support::{TestDb, fixtures};
    use domain::id::SubscriptionId;
    use domain::interval::RecurringInterval;
    use domain::period::Period;
    use domain::price::PriceAmount;
    use domain::subscription::SubscriptionStatus;
    use time::Duration;
    use time::macros::datetime;

    async fn reasons(
        db: &TestDb,
        subscription_id: SubscriptionId,
    ) -> Vec<(String, String, i64, OffsetDateTime)> {
        sqlx::query_as("select billing_reason, status, total_minor, period_start from orders where subscription_id = $1 order by period_start")
            .bind(subscription_id.as_uuid())
            .fetch_all(&db.pool)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn nothing_is_done_before_it_is_due() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let end = subscribed(&db, &owner).await.facts.current_period.end;
        db.clock.set(end - Duration::microseconds(1));
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 0);
        db.clock.set(end);
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1);
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 0, "once per period");
    }

    #[tokio::test]
    async fn a_trial_becomes_active_with_its_first_paid_order() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let id = Offer::with_trial(&db, owner.organization_id)
            .await
            .subscribe(&db, &owner)
            .await
            .subscription_id;
        let trial_end = datetime!(2026-05-15 09:00 UTC);
        db.clock.set(trial_end);
        run_due(&db.pool, &mut db.cx(), 10).await.unwrap();
        let facts = get(&db.pool, &owner.clone().into(), id).await.unwrap().unwrap().summary.facts;
        assert_eq!(facts.status, SubscriptionStatus::Active);
        assert_eq!(
            facts.current_period,
            Period { start: trial_end, end: datetime!(2026-06-15 09:00 UTC) }
        );
        let orders = reasons(&db, id).await;
        assert_eq!(
            orders[0],
            ("subscription_create".into(), "paid".into(), 0, datetime!(2026-05-01 09:00 UTC))
        );
        assert_eq!(orders[1], ("subscription_cycle".into(), "pending".into(), 2_900, trial_end));
        assert!(fixtures::event_types(&db).await.contains(&"subscription.activated".to_owned()));
    }

    #[tokio::test]
    async fn a_free_plan_renews_with_paid_orders() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let offer = Offer::new(
            &db,
            owner.organization_id,
            PriceAmount::Free,
            Some(RecurringInterval::MONTHLY),
            None,
        )
        .await;
        let id = offer.subscribe(&db, &owner).await.subscription_id;
        db.clock.advance(Duration::days(31));
        run_due(&db.pool, &mut db.cx(), 10).await.unwrap();
        assert!(
            reasons(&db, id)
                .await
                .iter()
                .all(|(_, status, total, _)| status == "paid" && *total == 0)
        );
    }

    #[tokio::test]
    async fn a_canceled_one_ends_without_an_order() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let id = subscribed(&db, &owner).await.subscription_id;
        let input = CancelSubscription { subscription_id: id, reason: None, comment: None };
        cancel(&db.pool, &mut db.cx_of(owner.clone()), input).await.unwrap();
        db.clock.advance(Duration::days(400));
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1);
        let facts = get(&db.pool, &owner.clone().into(), id).await.unwrap().unwrap().summary.facts;
        assert_eq!(
            (facts.status, facts.ended_at),
            (SubscriptionStatus::Canceled, Some(datetime!(2026-06-01 09:00 UTC)))
        );
        assert_eq!(reasons(&db, id).await.len(), 1);
        let mails: i64 =
            sqlx::query_scalar("select count(*) from mail where template = 'subscription_revoked'")
                .fetch_one(&db.pool)
                .await
                .unwrap();
        assert_eq!(mails, 1);
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 0, "no due row is left");
    }

    #[tokio::test]
    async fn missed_periods_come_in_order_each_once() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        db.clock.set(datetime!(2026-01-31 12:00 UTC));
        let id = subscribed(&db, &owner).await.subscription_id;
        db.clock.set(datetime!(2026-07-10 0:00 UTC));
        assert_eq!(run_due(&db.pool, &mut db.cx(), 2).await.unwrap(), 2, "the limit counts steps");
        assert_eq!(run_due(&db.pool, &mut db.cx(), 100).await.unwrap(), 3);
        let starts: Vec<_> = reasons(&db, id)
            .await
            .into_iter()
            .map(|(.., start)| start.date().to_string())
            .collect();
        assert_eq!(
            starts,
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]
        );
        assert_eq!(invariants::check(&db.pool, owner.organization_id).await.unwrap(), vec![]);
    }

    #[tokio::test]
    async fn four_workers_renew_each_once() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let offer = Offer::monthly(&db, organization_id).await;
        for n in 0..20 {
            let owner =
                fixtures::member(&db, organization_id, &format!("ada{n}@example.com")).await;
            offer.subscribe(&db, &owner).await;
        }
        db.clock.advance(Duration::days(70));
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let (pool, mut cx) = (db.pool.clone(), db.cx());
                tokio::spawn(async move { run_due(&pool, &mut cx, usize::MAX).await.unwrap() })
            })
            .collect();
        let mut steps = 0;
        for worker in workers {
            steps += worker.await.unwrap();
        }
        // One that gave up while another held the last row leaves nothing behind: the other goes on.
        steps += run_due(&db.pool, &mut db.cx(), usize::MAX).await.unwrap();
        assert_eq!(steps, 40);
        let orders: i64 = sqlx::query_scalar(
            "select count(*) from orders where billing_reason = 'subscription_cycle'",
        )
        .fetch_one(&db.pool)
        .await
        .unwrap();
        assert_eq!(orders, 40);
        let renewals = fixtures::event_types(&db)
            .await
            .iter()
            .filter(|event| *event == "subscription.renewed")
            .count();
        assert_eq!(renewals, 40);
        assert_eq!(invariants::check(&db.pool, organization_id).await.unwrap(), vec![]);
    }

    #[tokio::test]
    async fn a_row_that_breaks_a_rule_is_passed_over_and_holds_up_nobody() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let broken = subscribed(&db, &owner).await.subscription_id;
        db.clock.advance(Duration::hours(1));
        let sound = subscribed(&db, &owner).await.subscription_id;
        sqlx::query("update subscription set currency = 'zzz' where subscription_id = $1")
            .bind(broken.as_uuid())
            .execute(&db.pool)
            .await
            .unwrap();
        db.clock.advance(Duration::days(31));
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1);
        assert_eq!((reasons(&db, broken).await.len(), reasons(&db, sound).await.len()), (1, 2));
    }

    #[tokio::test]
    async fn a_period_that_has_its_order_gets_no_second_one() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let id = subscribed(&db, &owner).await.subscription_id;
        db.clock.advance(Duration::days(31));
        run_due(&db.pool, &mut db.cx(), 10).await.unwrap();
        // As if the period's end had been put back by hand.
        let back = "update subscription set current_period_start = '2026-05-01 09:00+00', current_period_end = '2026-06-01 09:00+00', due_at = '2026-06-01 09:00+00'";
        sqlx::query(back).execute(&db.pool).await.unwrap();
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 0);
        assert_eq!(reasons(&db, id).await.len(), 2);
    }

    #[tokio::test]
    async fn a_context_of_one_organization_leaves_the_others_alone() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let other =
            fixtures::member(&db, fixtures::organization(&db, "other").await, "eve@example.com")
                .await;
        let own = subscribed(&db, &owner).await.subscription_id;
        let foreign = subscribed(&db, &other).await.subscription_id;
        db.clock.advance(Duration::days(31));
        let mut cx = Context::system_for(owner.organization_id, db.now(), db.rng());
        assert_eq!(run_due(&db.pool, &mut cx, 10).await.unwrap(), 1);
        assert_eq!((reasons(&db, own).await.len(), reasons(&db, foreign).await.len()), (2, 1));
    }
}
