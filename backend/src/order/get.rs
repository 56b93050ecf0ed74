//! One order with its lines.

use domain::id::{CustomerId, OrderId, OrderItemId};
use domain::money::Money;
use domain::order::OrderTotals;
use domain::order_amounts::OrderLineKind;
use domain::period::Period;
use domain::tax::{TaxBehavior, TaxRate, TaxReason};
use sqlx::PgPool;

use super::summary::{OrderRow, OrderSummary};
use crate::actor::Actor;
use crate::error::{Forbidden, InconsistencyError, QueryError};

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderItem {
    pub order_item_id: OrderItemId,
    pub label: String,
    pub quantity: i32,
    pub amount: Money,
    pub kind: OrderLineKind,
    pub discount: Money,
    pub tax: Money,
    pub tax_rate: TaxRate,
    pub period: Option<Period>,
    pub seats_before: Option<i32>,
    pub seats_after: Option<i32>,
}

/// An order with all that its page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderDetail {
    pub summary: OrderSummary,
    pub customer_id: CustomerId,
    pub totals: OrderTotals,
    pub items: Vec<OrderItem>,
}

/// The order with this id; `None` when there is none in the actor's reach. Drafts are nobody's business yet.
///
/// # Errors
/// `Forbidden` for roles that may not read billing.
pub async fn get(
    db: &PgPool,
    actor: &Actor,
    order_id: OrderId,
) -> Result<Option<OrderDetail>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.billing_reader(organization_id)?;
    let row = sqlx::query!(
        "select o.order_id, o.subscription_id, o.product_id, p.name as product_name, o.status, o.billing_reason, o.currency, o.total_minor,
            o.seats, o.period_start, o.period_end, o.created_at, o.paid_at, o.customer_id, o.subtotal_minor, o.discount_minor, o.tax_minor, o.tax_behavior
         from orders o
         join product p on p.organization_id = o.organization_id and p.product_id = o.product_id
         where o.organization_id = $1 and o.order_id = $2 and ($3::uuid is null or o.customer_id = $3) and o.status <> 'draft'",
        organization_id.as_uuid(),
        order_id.as_uuid(),
        actor.customer_id().map(CustomerId::as_uuid),
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let summary = OrderSummary::try_from(OrderRow {
        order_id: row.order_id,
        subscription_id: row.subscription_id,
        product_id: row.product_id,
        product_name: row.product_name,
        status: row.status,
        billing_reason: row.billing_reason,
        currency: row.currency,
        total_minor: row.total_minor,
        seats: row.seats,
        period_start: row.period_start,
        period_end: row.period_end,
        created_at: row.created_at,
        paid_at: row.paid_at,
    })?;
    let money = |minor| Money::new(minor, summary.total.currency);
    let items = sqlx::query!(
        "select order_item_id, label, quantity, amount_minor, kind, discount_minor, tax_minor, tax_rate_ppm, tax_reason, period_start,
            period_end, seats_before, seats_after
         from order_item where organization_id = $1 and order_id = $2
         order by position, order_item_id",
        organization_id.as_uuid(),
        order_id.as_uuid(),
    )
    .fetch_all(db)
    .await?
    .into_iter()
    .map(|item| {
        let bad = |column| InconsistencyError::new("order_item", column, item.order_item_id);
        Ok(OrderItem {
            order_item_id: item.order_item_id.into(),
            label: item.label,
            quantity: item.quantity,
            amount: money(item.amount_minor),
            kind: OrderLineKind::parse(&item.kind).ok_or_else(|| bad("kind"))?,
            discount: money(item.discount_minor),
            tax: money(item.tax_minor),
            tax_rate: TaxRate {
                rate_ppm: u32::try_from(item.tax_rate_ppm).map_err(|_| bad("tax_rate_ppm"))?,
                reason: TaxReason::parse(&item.tax_reason).ok_or_else(|| bad("tax_reason"))?,
            },
            period: item.period_start.zip(item.period_end).map(|(start, end)| Period { start, end }),
            seats_before: item.seats_before,
            seats_after: item.seats_after,
        })
    })
    .collect::<Result<_, InconsistencyError>>()?;
    let totals = OrderTotals {
        subtotal: money(row.subtotal_minor),
        discount: money(row.discount_minor),
        tax: money(row.tax_minor),
        tax_behavior: TaxBehavior::parse(&row.tax_behavior)
            .ok_or_else(|| InconsistencyError::new("orders", "tax_behavior", order_id))?,
        total: summary.total,
    };
    Ok(Some(OrderDetail { summary, customer_id: row.customer_id.into(), totals, items }))
}
