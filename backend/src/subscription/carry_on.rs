//! One step of one subscription: what is due of it, written down with all it causes.

use domain::event_type::EventType;
use domain::subscription::{DueOutcome, PendingUpdate, Subscription};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::row::{self, SubscriptionRow};
use super::run_due::RunDueError;
use super::{charge, snapshot, unschedule_update};
use crate::context::Context;
use crate::error::InconsistencyError;
use crate::event;

/// What came of a claimed subscription.
pub(super) enum Step {
    Done,
    /// A change was begun in the moment of the claim, or somebody else was faster.
    Waits,
}

/// Does what is due, for a subscription that the transaction has locked.
pub(super) async fn carry_on(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: Uuid,
    subscription_id: Uuid,
) -> Result<Step, RunDueError> {
    let Some(mut row) = row::read(tx, organization_id, None, subscription_id).await? else {
        return Ok(Step::Waits);
    };
    if row.open_change_kind.is_some() {
        return Ok(Step::Waits);
    }
    let before = Subscription::try_from(&row)?;
    let Some(at) = before.due_at().filter(|at| *at <= cx.now) else { return Ok(Step::Waits) };
    let facts = match row.pending_update()? {
        Some(update) if update.applies_at <= at && !before.cancel_at_period_end => {
            apply(tx, cx, &mut row, &before, &update).await?
        }
        _ => before,
    };
    match facts.at_due(cx.now) {
        DueOutcome::Nothing => {
            let error = InconsistencyError::new("subscription", "due_at", subscription_id);
            return Err(error.into());
        }
        DueOutcome::Renew(after) => {
            begin_period(tx, cx, &row, &facts, &after, EventType::SubscriptionRenewed).await?;
        }
        DueOutcome::TrialEnds(after) => {
            begin_period(tx, cx, &row, &facts, &after, EventType::SubscriptionActivated).await?;
        }
        DueOutcome::Resume(after) => {
            begin_period(tx, cx, &row, &facts, &after, EventType::SubscriptionResumed).await?;
        }
        DueOutcome::Pause(after) => {
            stop(tx, cx, &row, &facts, &after, EventType::SubscriptionPaused).await?;
        }
        DueOutcome::End(after) => {
            stop(tx, cx, &row, &facts, &after, EventType::SubscriptionRevoked).await?;
        }
    }
    Ok(Step::Done)
}

/// The scheduled change takes effect; the row stands for what it is now.
async fn apply(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &mut SubscriptionRow,
    before: &Subscription,
    update: &PendingUpdate,
) -> Result<Subscription, RunDueError> {
    let previous = json!({
        "product_id": row.product_id,
        "product_name": row.product_name,
        "amount_minor": before.amount.minor,
        "seats": before.seats,
        "interval": before.interval,
    });
    let after = before.updated(update);
    row.product_id = update.product_id.into();
    row.price_id = update.price_id.into();
    row.product_name.clone_from(&update.product_name);
    update.tax_behavior.as_str().clone_into(&mut row.tax_behavior);
    unschedule_update::forget(tx, row).await?;
    row::write(tx, cx.now, row, &after).await?;
    record(tx, cx, row, &after, EventType::SubscriptionUpdated, previous).await?;
    Ok(after)
}

/// The next period and its order. A trial that ends becomes active; `past_due` stays what it is.
async fn begin_period(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    before: &Subscription,
    after: &Subscription,
    event_type: EventType,
) -> Result<(), RunDueError> {
    row::write(tx, cx.now, row, after).await?;
    let previous = json!({
        "status": before.status,
        "current_period_start_us": snapshot::micros(before.current_period.start),
        "current_period_end_us": snapshot::micros(before.current_period.end),
    });
    record(tx, cx, row, after, event_type, previous).await?;
    charge::period(tx, cx, row, after).await?;
    Ok(())
}

/// No further period: a pause, or the end. What waited to be billed is ordered now.
async fn stop(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    before: &Subscription,
    after: &Subscription,
    event_type: EventType,
) -> Result<(), RunDueError> {
    row::write(tx, cx.now, row, after).await?;
    let previous = json!({
        "status": before.status,
        "pause_at_period_end": before.pause_at_period_end,
        "paused_at_us": before.paused_at.map(snapshot::micros),
        "ended_at_us": null,
    });
    record(tx, cx, row, after, event_type, previous).await?;
    charge::closing(tx, cx, row, after).await?;
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
