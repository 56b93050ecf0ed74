//! Carrying subscriptions on when they are due: renewals, ends of trials, ends.

use domain::event_type::EventType;
use domain::order::BillingReason;
use domain::period::Period;
use domain::subscription::{DueOutcome, Subscription, SubscriptionStatus};
use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use super::row::SubscriptionRow;
use super::snapshot;
use crate::context::Context;
use crate::error::{DatabaseError, InconsistencyError};
use crate::event;
use crate::order::{InsertOrderError, NewOrder, insert_order};

/// Rows that cannot be carried on are left for a person; after so many in one run something else is wrong.
const FAILURES_MAX: usize = 10;

#[derive(Debug, Error)]
pub enum RunDueError {
    #[error("due subscriptions could not be carried on")]
    Database(#[from] DatabaseError),
    #[error("a subscription breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the order of a period could not be made")]
    Order(#[from] InsertOrderError),
}

impl From<sqlx::Error> for RunDueError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Does at most `limit` steps that are due at the context's time and returns how many it did; fewer than `limit` means
/// that nothing is left, or that other workers hold the rest.
///
/// Each step is one transaction: the next period with its order, or the end. Periods missed while no worker ran come one
/// by one, oldest first. Any number of workers may run at once: a claimed row is skipped by the others, and the index
/// `orders_subscription_period_key` allows one order per period. A row that breaks a rule is logged and passed over.
pub async fn run_due(db: &PgPool, cx: &mut Context, limit: usize) -> Result<usize, RunDueError> {
    let mut passed_over: Vec<Uuid> = Vec::new();
    let mut done = 0;
    while done < limit {
        match step(db, cx, &passed_over).await? {
            Step::NothingDue => break,
            Step::Done => done += 1,
            Step::Failed(subscription_id, error) => {
                tracing::error!(%subscription_id, error = &error as &dyn std::error::Error, "a due subscription could not be carried on");
                passed_over.push(subscription_id);
                if passed_over.len() >= FAILURES_MAX {
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

enum Step {
    NothingDue,
    Done,
    Failed(Uuid, RunDueError),
}

async fn step(db: &PgPool, cx: &mut Context, passed_over: &[Uuid]) -> Result<Step, RunDueError> {
    let mut tx = db.begin().await?;
    let Some(row) = claim(&mut tx, cx.now, passed_over).await? else {
        return Ok(Step::NothingDue);
    };
    if let Err(error) = carry_on(&mut tx, cx, &row).await {
        return Ok(Step::Failed(row.subscription_id, error));
    }
    tx.commit().await?;
    Ok(Step::Done)
}

async fn claim(tx: &mut PgConnection, now: OffsetDateTime, passed_over: &[Uuid]) -> Result<Option<SubscriptionRow>, sqlx::Error> {
    sqlx::query_as!(
        SubscriptionRow,
        "select s.organization_id, s.subscription_id, s.customer_id, s.product_id, s.price_id, p.name as product_name, s.status, s.currency,
            s.amount_minor, s.seats, s.recurring_interval, s.recurring_interval_count, s.billing_anchor_at, s.current_period_start,
            s.current_period_end, s.trial_end, s.started_at, s.cancel_at_period_end, s.canceled_at, s.ends_at, s.ended_at, s.revision
         from subscription s
         join product p on p.organization_id = s.organization_id and p.product_id = s.product_id
         where s.due_at <= $1 and s.subscription_id <> all ($2)
         order by s.due_at
         limit 1
         for update of s skip locked",
        now,
        passed_over,
    )
    .fetch_optional(tx)
    .await
}

async fn carry_on(tx: &mut PgConnection, cx: &mut Context, row: &SubscriptionRow) -> Result<(), RunDueError> {
    let before = Subscription::try_from(row)?;
    match before.at_due(cx.now) {
        DueOutcome::Nothing => Err(InconsistencyError::new("subscription", "due_at", row.subscription_id).into()),
        DueOutcome::End { ended_at } => end(tx, cx, row, &before, ended_at).await,
        DueOutcome::Renew { next } => begin_period(tx, cx, row, &before, next, EventType::SubscriptionRenewed).await,
        DueOutcome::TrialEnds { next } => begin_period(tx, cx, row, &before, next, EventType::SubscriptionActivated).await,
    }
}

/// The next period and its order. A trial that ends becomes active; `past_due` stays what it is.
async fn begin_period(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    before: &Subscription,
    next: Period,
    event_type: EventType,
) -> Result<(), RunDueError> {
    let status = if before.status == SubscriptionStatus::Trialing { SubscriptionStatus::Active } else { before.status };
    let after = Subscription { status, current_period: next, ..*before };
    write(tx, cx.now, row, &after).await?;
    let previous = json!({
        "status": before.status,
        "current_period_start_us": snapshot::micros(before.current_period.start),
        "current_period_end_us": snapshot::micros(before.current_period.end),
    });
    record(tx, cx, row, &after, event_type, previous).await?;
    let order = NewOrder {
        organization_id: row.organization_id.into(),
        customer_id: row.customer_id.into(),
        subscription_id: Some(row.subscription_id.into()),
        product_id: row.product_id.into(),
        price_id: row.price_id.into(),
        product_name: row.product_name.clone(),
        billing_reason: BillingReason::SubscriptionCycle,
        amount: after.amount,
        seats: after.seats,
        period: Some(next),
    };
    insert_order(tx, cx, order).await?;
    Ok(())
}

async fn end(tx: &mut PgConnection, cx: &mut Context, row: &SubscriptionRow, before: &Subscription, ended_at: OffsetDateTime) -> Result<(), RunDueError> {
    let after = Subscription { status: SubscriptionStatus::Canceled, ended_at: Some(ended_at), ..*before };
    write(tx, cx.now, row, &after).await?;
    let previous = json!({ "status": before.status, "ended_at_us": null });
    record(tx, cx, row, &after, EventType::SubscriptionRevoked, previous).await
}

async fn write(tx: &mut PgConnection, now: OffsetDateTime, row: &SubscriptionRow, after: &Subscription) -> Result<(), RunDueError> {
    sqlx::query!(
        "update subscription
         set status = $3, current_period_start = $4, current_period_end = $5, ended_at = $6, due_at = $7, revision = revision + 1, modified_at = $8
         where organization_id = $1 and subscription_id = $2",
        row.organization_id,
        row.subscription_id,
        after.status.as_str(),
        after.current_period.start,
        after.current_period.end,
        after.ended_at,
        after.due_at(),
        now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn record(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    after: &Subscription,
    event_type: EventType,
    previous: Value,
) -> Result<(), RunDueError> {
    event::record(tx, cx, snapshot::event(event_type, row, after, previous)).await?;
    Ok(())
}
