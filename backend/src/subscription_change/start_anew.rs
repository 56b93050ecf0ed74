//! Buying an ended subscription anew.

use domain::event_type::EventType;
use domain::id::{OrderId, SubscriptionId};
use domain::quote::{NewTerms, Quoted};
use domain::subscription::Subscription;
use serde_json::Value;
use sqlx::PgConnection;

use super::error::SettleChangeError;
use crate::context::Context;
use crate::event;
use crate::proration;
use crate::subscription::row::{self, SubscriptionRow};
use crate::subscription::snapshot::{self, Subject};

/// A new subscription with the quoted terms; the change's order becomes its first one.
pub(super) async fn start_anew(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    quoted: &Quoted,
    terms: &NewTerms,
    order_id: Option<OrderId>,
) -> Result<SubscriptionId, SettleChangeError> {
    let facts = Subscription {
        status: terms.status,
        interval: terms.interval,
        billing_anchor_at: terms.billing_anchor_at,
        current_period: terms.current_period,
        trial_end: None,
        cancel_at_period_end: false,
        canceled_at: None,
        ends_at: None,
        ended_at: None,
        pause_at_period_end: false,
        paused_at: None,
        resumes_at: None,
        past_due_at: None,
        amount: terms.amount,
        seats: terms.seats,
    };
    let subscription_id = insert(tx, cx, row, terms, &facts).await?;
    let subject = Subject {
        organization_id: row.organization_id.into(),
        subscription_id,
        customer_id: row.customer_id.into(),
        product_id: terms.product_id,
        product_name: &quoted.result.product_name,
    };
    let created = snapshot::event(EventType::SubscriptionCreated, subject, &facts, Value::Null);
    event::record(tx, cx, created).await?;
    sqlx::query!(
        "update orders set subscription_id = $3 where organization_id = $1 and order_id = $2",
        row.organization_id,
        order_id.map(OrderId::as_uuid),
        subscription_id.as_uuid(),
    )
    .execute(&mut *tx)
    .await?;
    let carried = quoted.result.due_now.carried_minor;
    let name = &quoted.result.product_name;
    proration::carry(tx, cx, subject.organization_id, subscription_id, name, carried).await?;
    // A new revision of the old one, so that another quote of it is stale.
    row::write(tx, cx.now, row, &Subscription::try_from(row)?).await?;
    Ok(subscription_id)
}

async fn insert(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    terms: &NewTerms,
    facts: &Subscription,
) -> Result<SubscriptionId, sqlx::Error> {
    let subscription_id: SubscriptionId = cx.new_id();
    sqlx::query!(
        "insert into subscription
            (organization_id, subscription_id, customer_id, product_id, price_id, status, currency, amount_minor, seats, recurring_interval,
             recurring_interval_count, billing_anchor_at, current_period_start, current_period_end, started_at, due_at, reminder_due_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $13, $15, $16, $17)",
        row.organization_id,
        subscription_id.as_uuid(),
        row.customer_id,
        terms.product_id.as_uuid(),
        terms.price_id.as_uuid(),
        facts.status.as_str(),
        facts.amount.currency.as_str(),
        facts.amount.minor,
        facts.seats,
        facts.interval.interval().as_str(),
        i32::from(facts.interval.count()),
        facts.billing_anchor_at,
        facts.current_period.start,
        facts.current_period.end,
        facts.due_at(),
        facts.reminder_due_at(cx.now),
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(subscription_id)
}
