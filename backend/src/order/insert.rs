//! Writing an order down, inside the transaction of whatever caused it.

use domain::event_type::EventType;
use domain::id::{
    CustomerId, DiscountId, OrderId, OrderItemId, OrganizationId, PriceId, ProductId,
    SubscriptionId,
};
use domain::money::MoneyError;
use domain::order::{BillingReason, OrderStatus};
use domain::order_amounts::{BilledLine, OrderAmounts};
use domain::period::Period;
use serde_json::json;
use sqlx::PgConnection;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, QueryError};
use crate::event::{self, NewEvent};

/// An order with its lines, worked out.
#[derive(Debug, Clone)]
pub(crate) struct NewOrder {
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    pub subscription_id: Option<SubscriptionId>,
    pub product_id: ProductId,
    pub price_id: PriceId,
    pub product_name: String,
    pub billing_reason: BillingReason,
    pub amounts: OrderAmounts,
    /// The discount in the amounts, if there is one.
    pub discount_id: Option<DiscountId>,
    pub seats: Option<i32>,
    pub period: Option<Period>,
    /// A draft is nobody's business yet: the order of a change that is not paid. It is never announced before it is paid.
    pub is_draft: bool,
}

/// Why no order was written.
#[derive(Debug, Error)]
pub enum InsertOrderError {
    #[error("the order's amounts do not add up")]
    Money(#[from] MoneyError),
    #[error("the tax of the order could not be looked up")]
    Tax(#[from] QueryError),
    #[error("the order could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for InsertOrderError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Inserts an order with its lines and its events. An order of 0 counts as paid at once; every other one is `pending`, or a draft.
pub(crate) async fn insert_order(
    tx: &mut PgConnection,
    cx: &mut Context,
    order: NewOrder,
) -> Result<OrderId, InsertOrderError> {
    let order_id: OrderId = cx.new_id();
    let totals = order.amounts.totals;
    let status = if totals.total.is_zero() {
        OrderStatus::Paid
    } else if order.is_draft {
        OrderStatus::Draft
    } else {
        OrderStatus::Pending
    };
    sqlx::query!(
        "insert into orders
            (organization_id, order_id, customer_id, subscription_id, product_id, status, billing_reason, currency, subtotal_minor,
             discount_minor, tax_minor, total_minor, seats, period_start, period_end, paid_at, created_at, discount_id, tax_behavior,
             issue_due_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
        order.organization_id.as_uuid(),
        order_id.as_uuid(),
        order.customer_id.as_uuid(),
        order.subscription_id.map(SubscriptionId::as_uuid),
        order.product_id.as_uuid(),
        status.as_str(),
        order.billing_reason.as_str(),
        totals.total.currency.as_str(),
        totals.subtotal.minor,
        totals.discount.minor,
        totals.tax.minor,
        totals.total.minor,
        order.seats,
        order.period.map(|period| period.start),
        order.period.map(|period| period.end),
        status.is_paid().then_some(cx.now),
        cx.now,
        order.discount_id.map(DiscountId::as_uuid),
        totals.tax_behavior.as_str(),
        (status != OrderStatus::Draft && !totals.total.is_zero()).then_some(cx.now),
    )
    .execute(&mut *tx)
    .await?;
    for (position, billed) in (1_i16..).zip(&order.amounts.lines) {
        insert_item(tx, cx, order_id, &order, position, billed).await?;
    }
    if status != OrderStatus::Draft {
        announce(tx, cx, order_id, &order, status).await?;
    }
    Ok(order_id)
}

async fn announce(
    tx: &mut PgConnection,
    cx: &mut Context,
    order_id: OrderId,
    order: &NewOrder,
    status: OrderStatus,
) -> Result<(), InsertOrderError> {
    let total = order.amounts.totals.total;
    let snapshot = json!({
        "status": OrderStatus::Pending,
        "billing_reason": order.billing_reason,
        "currency": total.currency,
        "total_minor": total.minor,
        "product_name": order.product_name,
        "subscription_id": order.subscription_id,
    });
    let mut happened = NewEvent {
        organization_id: order.organization_id,
        event_type: EventType::OrderCreated,
        subject_kind: "order",
        subject_id: order_id.into(),
        customer_id: Some(order.customer_id),
        snapshot,
    };
    event::record(tx, cx, happened.clone()).await?;
    if status.is_paid() {
        happened.event_type = EventType::OrderPaid;
        happened.snapshot["status"] = json!(OrderStatus::Paid);
        event::record(tx, cx, happened).await?;
    }
    Ok(())
}

async fn insert_item(
    tx: &mut PgConnection,
    cx: &mut Context,
    order_id: OrderId,
    order: &NewOrder,
    position: i16,
    billed: &BilledLine,
) -> Result<(), InsertOrderError> {
    let order_item_id: OrderItemId = cx.new_id();
    let (line, rate) = (&billed.line, order.amounts.rate);
    sqlx::query!(
        "insert into order_item
            (organization_id, order_id, order_item_id, position, price_id, label, quantity, amount_minor, tax_minor, is_proration,
             created_at, kind, discount_minor, tax_rate_ppm, tax_reason, period_start, period_end, seats_before, seats_after)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
        order.organization_id.as_uuid(),
        order_id.as_uuid(),
        order_item_id.as_uuid(),
        position,
        order.price_id.as_uuid(),
        line.label,
        line.quantity,
        line.amount_minor,
        billed.tax_minor,
        line.kind.is_proration(),
        cx.now,
        line.kind.as_str(),
        billed.discount_minor,
        i32::try_from(rate.rate_ppm).unwrap_or(i32::MAX),
        rate.reason.as_str(),
        line.period.map(|period| period.start),
        line.period.map(|period| period.end),
        line.seats_before,
        line.seats_after,
    )
    .execute(tx)
    .await?;
    Ok(())
}
