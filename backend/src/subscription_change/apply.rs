//! Carrying a quoted change out, in the transaction that holds the subscription's row.

use domain::change::ChangeKind;
use domain::event_type::EventType;
use domain::id::{OrderId, PendingUpdateId, SubscriptionId};
use domain::quote::{NewTerms, Quoted, ScheduledTerms};
use domain::subscription::{Subscription, SubscriptionStatus};
use serde_json::json;
use sqlx::PgConnection;

use super::end_now::end_now;
use super::error::SettleChangeError;
use super::start_anew::start_anew;
use crate::context::Context;
use crate::event;
use crate::proration;
use crate::quote::QuoteRequest;
use crate::subscription::row::{self, SubscriptionRow};
use crate::subscription::snapshot;
use crate::subscription::unschedule_update;

/// Does what was quoted. `order_id` is the order that bills it, if there is one. Answers which subscription has the new terms.
pub(super) async fn apply(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    request: &QuoteRequest,
    quoted: &Quoted,
    order_id: Option<OrderId>,
) -> Result<SubscriptionId, SettleChangeError> {
    match (&quoted.terms, request) {
        (_, QuoteRequest::CancelNow { reason, comment }) => {
            end_now(tx, cx, row, *reason, comment.as_deref(), quoted).await?;
        }
        (Some(terms), QuoteRequest::Resubscribe) => {
            return start_anew(tx, cx, row, quoted, terms, order_id).await;
        }
        (Some(terms), request) => {
            take_on(tx, cx, row, request.kind(), quoted, terms, order_id).await?;
        }
        (None, _) => schedule(tx, cx, row, quoted).await?,
    }
    Ok(row.subscription_id.into())
}

/// The new terms hold from now on.
async fn take_on(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    kind: ChangeKind,
    quoted: &Quoted,
    terms: &NewTerms,
    order_id: Option<OrderId>,
) -> Result<(), SettleChangeError> {
    let before = Subscription::try_from(row)?;
    let status = match before.status {
        // A payment that went missing meanwhile stays missing.
        SubscriptionStatus::PastDue => SubscriptionStatus::PastDue,
        _ => terms.status,
    };
    let is_resumed = kind == ChangeKind::Resume;
    let after = Subscription {
        status,
        interval: terms.interval,
        billing_anchor_at: terms.billing_anchor_at,
        current_period: terms.current_period,
        trial_end: terms.trial_end,
        amount: terms.amount,
        seats: terms.seats,
        paused_at: if is_resumed { None } else { before.paused_at },
        resumes_at: if is_resumed { None } else { before.resumes_at },
        ..before
    };
    let new_row = SubscriptionRow {
        product_id: terms.product_id.as_uuid(),
        price_id: terms.price_id.as_uuid(),
        product_name: quoted.result.product_name.clone(),
        ..row.clone()
    };
    row::write(tx, cx.now, &new_row, &after).await?;
    bill_entries(tx, cx, row, quoted, order_id).await?;
    write_scheduled(tx, cx, row, quoted.scheduled).await?;
    let previous = json!({
        "status": before.status,
        "product_id": row.product_id,
        "product_name": row.product_name,
        "seats": before.seats,
        "amount_minor": before.amount.minor,
        "interval": before.interval,
        "current_period_start_us": snapshot::micros(before.current_period.start),
        "current_period_end_us": snapshot::micros(before.current_period.end),
        "trial_end_us": before.trial_end.map(snapshot::micros),
        "paused_at_us": before.paused_at.map(snapshot::micros),
        "resumes_at_us": before.resumes_at.map(snapshot::micros),
    });
    let event_type =
        if is_resumed { EventType::SubscriptionResumed } else { EventType::SubscriptionUpdated };
    event::record(tx, cx, snapshot::event(event_type, &new_row, &after, previous)).await?;
    if before.status == SubscriptionStatus::Trialing && status == SubscriptionStatus::Active {
        let previous = json!({ "status": before.status });
        let event_type = EventType::SubscriptionActivated;
        event::record(tx, cx, snapshot::event(event_type, &new_row, &after, previous)).await?;
    }
    Ok(())
}

/// What waited is billed by the change's order; what the change leaves waits for the next one.
async fn bill_entries(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    quoted: &Quoted,
    order_id: Option<OrderId>,
) -> Result<(), SettleChangeError> {
    let (organization_id, subscription_id) =
        (row.organization_id.into(), row.subscription_id.into());
    if let Some(order_id) = order_id {
        let waiting = proration::open(tx, organization_id, &[row.subscription_id]).await?;
        proration::bill(tx, organization_id, &waiting, order_id).await?;
        let (name, carried) = (&quoted.result.product_name, quoted.result.due_now.carried_minor);
        proration::carry(tx, cx, organization_id, subscription_id, name, carried).await?;
    }
    for line in &quoted.result.on_next_invoice {
        proration::insert(tx, cx, organization_id, subscription_id, line).await?;
    }
    Ok(())
}

/// It waits for the end of the period.
async fn schedule(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    quoted: &Quoted,
) -> Result<(), SettleChangeError> {
    let facts = Subscription::try_from(row)?;
    write_scheduled(tx, cx, row, quoted.scheduled).await?;
    // A new revision, so that a quote made before is stale.
    row::write(tx, cx.now, row, &facts).await?;
    let result = &quoted.result;
    let mut scheduled = snapshot::event(
        EventType::SubscriptionUpdateScheduled,
        row,
        &facts,
        serde_json::Value::Null,
    );
    scheduled.snapshot["pending"] = json!({
        "product_name": result.product_name,
        "seats": result.seats,
        "amount_minor": result.new_amount.minor,
        "interval": result.new_interval,
        "applies_at_us": snapshot::micros(result.takes_effect_at),
    });
    event::record(tx, cx, scheduled).await?;
    Ok(())
}

async fn write_scheduled(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    scheduled: Option<ScheduledTerms>,
) -> Result<(), SettleChangeError> {
    unschedule_update::forget(tx, row).await?;
    let Some(scheduled) = scheduled else { return Ok(()) };
    let pending_update_id: PendingUpdateId = cx.new_id();
    sqlx::query!(
        "insert into subscription_pending_update
            (organization_id, subscription_id, pending_update_id, product_id, price_id, seats, applies_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        row.organization_id,
        row.subscription_id,
        pending_update_id.as_uuid(),
        scheduled.product_id.map(domain::id::ProductId::as_uuid),
        scheduled.price_id.map(domain::id::PriceId::as_uuid),
        scheduled.seats,
        scheduled.applies_at,
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(())
}
