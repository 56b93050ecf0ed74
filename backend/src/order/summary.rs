//! An order as lists show it.

use domain::id::{OrderId, ProductId, SubscriptionId};
use domain::money::{Currency, Money};
use domain::order::{BillingReason, OrderStatus};
use domain::period::Period;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::InconsistencyError;

/// The facts of an order and its product's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSummary {
    pub order_id: OrderId,
    pub subscription_id: Option<SubscriptionId>,
    pub product_id: ProductId,
    pub product_name: String,
    pub status: OrderStatus,
    pub billing_reason: BillingReason,
    pub total: Money,
    pub seats: Option<i32>,
    pub period: Option<Period>,
    pub created_at: OffsetDateTime,
    pub paid_at: Option<OffsetDateTime>,
}

/// The columns of a summary.
#[derive(Debug)]
pub(crate) struct OrderRow {
    pub order_id: Uuid,
    pub subscription_id: Option<Uuid>,
    pub product_id: Uuid,
    pub product_name: String,
    pub status: String,
    pub billing_reason: String,
    pub currency: String,
    pub total_minor: i64,
    pub seats: Option<i32>,
    pub period_start: Option<OffsetDateTime>,
    pub period_end: Option<OffsetDateTime>,
    pub created_at: OffsetDateTime,
    pub paid_at: Option<OffsetDateTime>,
}

impl TryFrom<OrderRow> for OrderSummary {
    type Error = InconsistencyError;

    fn try_from(row: OrderRow) -> Result<Self, InconsistencyError> {
        let bad = |column| InconsistencyError::new("orders", column, row.order_id);
        Ok(Self {
            order_id: row.order_id.into(),
            subscription_id: row.subscription_id.map(Into::into),
            product_id: row.product_id.into(),
            status: OrderStatus::parse(&row.status).ok_or_else(|| bad("status"))?,
            billing_reason: BillingReason::parse(&row.billing_reason)
                .ok_or_else(|| bad("billing_reason"))?,
            total: Money::new(
                row.total_minor,
                Currency::parse(&row.currency).map_err(|_| bad("currency"))?,
            ),
            seats: row.seats,
            period: row.period_start.zip(row.period_end).map(|(start, end)| Period { start, end }),
            created_at: row.created_at,
            paid_at: row.paid_at,
            product_name: row.product_name,
        })
    }
}
