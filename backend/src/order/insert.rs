//! Writing an order down, inside the transaction of whatever caused it.

use domain::event_type::EventType;
use domain::id::{
    CustomerId, OrderId, OrderItemId, OrganizationId, PriceId, ProductId, SubscriptionId,
};
use domain::money::{Money, MoneyError};
use domain::order::{BillingReason, OrderStatus, OrderTotals};
use domain::period::Period;
use serde_json::json;
use sqlx::PgConnection;
use thiserror::Error;

use crate::context::Context;
use crate::error::DatabaseError;
use crate::event::{self, NewEvent};

/// An order of one line: a product for a period, or once.
#[derive(Debug, Clone)]
pub(crate) struct NewOrder {
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    pub subscription_id: Option<SubscriptionId>,
    pub product_id: ProductId,
    pub price_id: PriceId,
    pub product_name: String,
    pub billing_reason: BillingReason,
    pub amount: Money,
    pub seats: Option<i32>,
    pub period: Option<Period>,
}

#[derive(Debug, Error)]
pub enum InsertOrderError {
    #[error("the order's amounts do not add up")]
    Money(#[from] MoneyError),
    #[error("the order could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for InsertOrderError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Inserts an order with its line and its events. An order of 0 counts as paid at once; every other one is `pending`.
/// There is no discount and no tax engine yet: both are 0.
pub(crate) async fn insert_order(
    tx: &mut PgConnection,
    cx: &mut Context,
    order: NewOrder,
) -> Result<OrderId, InsertOrderError> {
    let order_id: OrderId = cx.new_id();
    let totals = OrderTotals::of(order.amount.currency, [order.amount.minor], 0, 0)?;
    let status = if totals.total.is_zero() { OrderStatus::Paid } else { OrderStatus::Pending };
    sqlx::query!(
        "insert into orders
            (organization_id, order_id, customer_id, subscription_id, product_id, status, billing_reason, currency, subtotal_minor,
             discount_minor, tax_minor, total_minor, seats, period_start, period_end, paid_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
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
    )
    .execute(&mut *tx)
    .await?;
    insert_item(tx, cx, order_id, &order).await?;
    let snapshot = json!({
        "status": OrderStatus::Pending,
        "billing_reason": order.billing_reason,
        "currency": totals.total.currency,
        "total_minor": totals.total.minor,
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
    Ok(order_id)
}

async fn insert_item(
    tx: &mut PgConnection,
    cx: &mut Context,
    order_id: OrderId,
    order: &NewOrder,
) -> Result<(), InsertOrderError> {
    let order_item_id: OrderItemId = cx.new_id();
    sqlx::query!(
        "insert into order_item (organization_id, order_id, order_item_id, position, price_id, label, quantity, amount_minor, created_at)
         values ($1, $2, $3, 1, $4, $5, $6, $7, $8)",
        order.organization_id.as_uuid(),
        order_id.as_uuid(),
        order_item_id.as_uuid(),
        order.price_id.as_uuid(),
        order.product_name,
        order.seats.unwrap_or(1),
        order.amount.minor,
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(())
}
