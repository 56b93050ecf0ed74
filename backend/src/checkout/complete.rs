//! The end of a checkout: its subscription begins, with its first order.

use domain::event_type::EventType;
use domain::id::{OrderId, PaymentMethodId, SubscriptionId};
use domain::period::Period;
use domain::subscription::Subscription;
use serde_json::Value;
use sqlx::PgConnection;

use super::error::CheckoutError;
use super::quote::work_out;
use super::row::CheckoutRow;
use super::store;
use crate::context::Context;
use crate::error::InconsistencyError;
use crate::event;
use crate::order::{self, LockedOrder};
use crate::subscription::{self, row as subscription_row, snapshot};

/// Begins the subscription of a confirmed checkout, whose row is locked. A draft that was paid becomes its first order, and its period
/// begins now; without one the first order is over nothing: of a trial, or of what is free.
pub(super) async fn complete(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &CheckoutRow,
    paid: Option<&LockedOrder>,
    payment_method_id: Option<PaymentMethodId>,
) -> Result<SubscriptionId, CheckoutError> {
    let quote = work_out(row, cx.now)?;
    let facts = quote.facts;
    let subscription_id = insert(tx, cx, row, &facts, payment_method_id).await?;
    if let Some(order) = paid {
        attach(tx, row, order, subscription_id, facts.current_period).await?;
    }
    let organization_id = row.organization();
    let subscription =
        subscription_row::read(tx, row.organization_id, None, subscription_id.as_uuid())
            .await?
            .ok_or_else(|| {
                InconsistencyError::new("subscription", "subscription_id", subscription_id)
            })?;
    let created =
        snapshot::event(EventType::SubscriptionCreated, &subscription, &facts, Value::Null);
    event::record(tx, cx, created).await?;
    let order_id = if let Some(order) = paid {
        let order = LockedOrder { subscription_id: Some(subscription_id), ..order.clone() };
        order::mark_paid(tx, cx, &order).await?;
        order.order_id
    } else {
        let order_id = subscription::first_order(tx, cx, &subscription, &facts).await?;
        of_checkout(tx, row, order_id).await?;
        order_id
    };
    sqlx::query!(
        "update checkout
         set state = 'succeeded', revision = revision + 1, subscription_id = $3, order_id = $4, settled_at = $5, due_at = null,
            modified_at = $5
         where organization_id = $1 and checkout_id = $2",
        organization_id.as_uuid(),
        row.checkout_id,
        subscription_id.as_uuid(),
        order_id.as_uuid(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    store::record(tx, cx, row, EventType::CheckoutUpdated).await?;
    Ok(subscription_id)
}

async fn of_checkout(
    tx: &mut PgConnection,
    row: &CheckoutRow,
    order_id: OrderId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update orders set checkout_id = $3, metadata = $4 where organization_id = $1 and order_id = $2",
        row.organization_id,
        order_id.as_uuid(),
        row.checkout_id,
        row.metadata,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The draft was frozen when the buyer confirmed; its period begins when it is paid.
async fn attach(
    tx: &mut PgConnection,
    row: &CheckoutRow,
    order: &LockedOrder,
    subscription_id: SubscriptionId,
    period: Period,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "with moved as (
            update order_item set period_start = $4, period_end = $5
            where organization_id = $1 and order_id = $2 and period_start is not null)
         update orders set subscription_id = $3, period_start = $4, period_end = $5
         where organization_id = $1 and order_id = $2",
        row.organization_id,
        order.order_id.as_uuid(),
        subscription_id.as_uuid(),
        period.start,
        period.end,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn insert(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &CheckoutRow,
    facts: &Subscription,
    payment_method_id: Option<PaymentMethodId>,
) -> Result<SubscriptionId, CheckoutError> {
    let subscription_id: SubscriptionId = cx.new_id();
    sqlx::query!(
        "insert into subscription
            (organization_id, subscription_id, customer_id, product_id, price_id, status, currency, amount_minor, seats, recurring_interval,
             recurring_interval_count, billing_anchor_at, current_period_start, current_period_end, trial_start, trial_end, started_at, due_at, created_at,
             discount_id, discount_applied_at, reminder_due_at, payment_method_id, checkout_id, metadata)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $17, $19, $20, $21, $22, $23, $24)",
        row.organization_id,
        subscription_id.as_uuid(),
        row.customer_id.ok_or_else(|| row.bad("customer_id"))?,
        row.product_id,
        row.price_id,
        facts.status.as_str(),
        facts.amount.currency.as_str(),
        facts.amount.minor,
        facts.seats,
        facts.interval.interval().as_str(),
        i32::from(facts.interval.count()),
        facts.billing_anchor_at,
        facts.current_period.start,
        facts.current_period.end,
        facts.trial_end.map(|_| cx.now),
        facts.trial_end,
        cx.now,
        facts.due_at(),
        row.discount_id,
        row.discount_id.map(|_| facts.billing_anchor_at),
        facts.reminder_due_at(cx.now),
        payment_method_id.map(PaymentMethodId::as_uuid),
        row.checkout_id,
        row.metadata,
    )
    .execute(tx)
    .await?;
    Ok(subscription_id)
}
