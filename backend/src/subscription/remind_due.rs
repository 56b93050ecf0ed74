//! Telling customers before money moves: that a trial ends, that a long period renews.

use domain::event_type::EventType;
use domain::id::OrganizationId;
use domain::subscription::{ReminderKind, Subscription};
use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::run_due::RunDueError;
use super::{charge, row, snapshot};
use crate::context::Context;
use crate::event;

/// So many are told of in one transaction.
const BATCH: usize = 20;

/// Gives the reminders that are due, at most `limit`, and returns how many. One whose day has passed meanwhile, or that has nothing to
/// tell any more, is dropped.
pub(super) async fn remind_due(
    db: &PgPool,
    cx: &mut Context,
    limit: usize,
) -> Result<usize, RunDueError> {
    let mut done = 0;
    while done < limit {
        let mut tx = db.begin().await?;
        let claimed = claim(&mut tx, cx, BATCH.min(limit - done)).await?;
        if claimed.is_empty() {
            break;
        }
        for (organization_id, subscription_id) in claimed {
            done += usize::from(remind(&mut tx, cx, organization_id, subscription_id).await?);
        }
        tx.commit().await?;
    }
    Ok(done)
}

async fn claim(
    tx: &mut PgConnection,
    cx: &Context,
    limit: usize,
) -> Result<Vec<(Uuid, Uuid)>, sqlx::Error> {
    let rows = sqlx::query!(
        "update subscription set reminder_due_at = null
         where (organization_id, subscription_id) in (
            select organization_id, subscription_id from subscription
            where reminder_due_at <= $1 and ($2::uuid is null or organization_id = $2)
            order by reminder_due_at
            limit $3
            for no key update skip locked)
         returning organization_id, subscription_id",
        cx.now,
        cx.actor.organization_id().map(OrganizationId::as_uuid),
        i64::try_from(limit).unwrap_or(i64::MAX),
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.organization_id, row.subscription_id)).collect())
}

/// Whether there was something to tell.
async fn remind(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: Uuid,
    subscription_id: Uuid,
) -> Result<bool, RunDueError> {
    let Some(row) = row::read(tx, organization_id, None, subscription_id).await? else {
        return Ok(false);
    };
    let facts = match Subscription::try_from(&row) {
        Ok(facts) => facts,
        Err(error) => {
            tracing::error!(%subscription_id, error = &error as &dyn std::error::Error, "a reminder could not be given");
            return Ok(false);
        }
    };
    let reminder = facts
        .reminder()
        .filter(|reminder| reminder.at <= cx.now && cx.now < facts.current_period.end);
    let event_type = match reminder.map(|reminder| reminder.kind) {
        Some(ReminderKind::TrialEnds) => EventType::TrialReminderDue,
        Some(ReminderKind::Renews) => EventType::RenewalReminderDue,
        None => return Ok(false),
    };
    let mut happened = snapshot::event(event_type, &row, &facts, Value::Null);
    if let Some(charge) = charge::announced(tx, &row, &facts).await? {
        let totals = &charge.amounts.totals;
        happened.snapshot["next_charge"] = json!({
            "total_minor": totals.total.minor,
            "tax_minor": totals.tax.minor,
        });
    }
    event::record(tx, cx, happened).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subscription::{CancelSubscription, cancel, keep, next_due_at, run_due};
    use crate::test_support::billing::Offer;
    use crate::test_support::{TestDb, fixtures};
    use domain::price::PriceAmount;
    use time::Duration;

    async fn reminders(db: &TestDb) -> Vec<String> {
        let mut events = fixtures::event_types(db).await;
        events.retain(|event| event.ends_with("_reminder_due"));
        events
    }

    #[tokio::test]
    async fn a_long_period_is_announced_once_a_week_before_it_renews() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let yearly = Offer::yearly(&db, owner.organization_id).await;
        let end = yearly.subscribe(&db, &owner).await.facts.current_period.end;
        for year in 0..2 {
            let due_at = next_due_at(&db.pool, Some(owner.organization_id)).await.unwrap().unwrap();
            if year == 0 {
                assert_eq!(due_at, end - Duration::days(7));
                db.clock.set(due_at - Duration::SECOND);
                assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 0);
            }
            db.clock.set(due_at);
            assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1);
            assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 0);
            assert_eq!(reminders(&db).await.len(), year + 1);
            db.clock.set(next_due_at(&db.pool, None).await.unwrap().unwrap());
            assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1, "the renewal");
        }
        assert_eq!(reminders(&db).await[0], "subscription.renewal_reminder_due");
    }

    #[tokio::test]
    async fn a_trial_is_announced_three_days_before_its_end_unless_it_is_canceled_or_free() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let offer = Offer::with_trial(&db, owner.organization_id).await;
        let trial = offer.subscribe(&db, &owner).await;
        let canceled = offer.subscribe(&db, &owner).await.subscription_id;
        let input = CancelSubscription { subscription_id: canceled, reason: None, comment: None };
        cancel(&db.pool, &mut db.cx_of(owner.clone()), input).await.unwrap();
        let every = Some(domain::interval::RecurringInterval::YEARLY);
        let free = Offer::new(&db, owner.organization_id, PriceAmount::Free, every, Some(30)).await;
        free.subscribe(&db, &owner).await;
        let at = trial.facts.current_period.end - Duration::days(3);
        db.clock.set(at);
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1);
        // Kept after its day has passed: nobody is told late.
        db.clock.advance(Duration::DAY);
        keep(&db.pool, &mut db.cx_of(owner), canceled).await.unwrap();
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 0);
        assert_eq!(reminders(&db).await, ["subscription.trial_reminder_due"]);
    }

    #[tokio::test]
    async fn one_whose_period_is_over_is_dropped() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let yearly = Offer::yearly(&db, owner.organization_id).await;
        let end = yearly.subscribe(&db, &owner).await.facts.current_period.end;
        db.clock.set(end);
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1, "the renewal alone");
        assert_eq!(reminders(&db).await, Vec::<String>::new());
    }

    #[tokio::test]
    async fn four_workers_tell_each_once() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let yearly = Offer::yearly(&db, organization_id).await;
        for n in 0..12 {
            let owner =
                fixtures::member(&db, organization_id, &format!("ada{n}@example.com")).await;
            yearly.subscribe(&db, &owner).await;
        }
        db.clock.advance(Duration::days(360));
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let (pool, mut cx) = (db.pool.clone(), db.cx());
                tokio::spawn(async move { remind_due(&pool, &mut cx, 5).await.unwrap() })
            })
            .collect();
        let mut told = 0;
        for worker in workers {
            told += worker.await.unwrap();
        }
        told += remind_due(&db.pool, &mut db.cx(), 100).await.unwrap();
        assert_eq!((told, reminders(&db).await.len()), (12, 12));
    }
}
