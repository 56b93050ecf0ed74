//! Orders with all that the API shows of them.

use std::collections::HashMap;

use domain::address::Address;
use domain::id::{
    CheckoutId, CustomerId, DiscountId, OrderId, OrderItemId, OrganizationId, PriceId, ProductId,
    SubscriptionId,
};
use domain::invoice::InvoiceParty;
use domain::money::{Currency, Money};
use domain::order::{BillingReason, OrderStatus, OrderTotals};
use domain::tax::TaxBehavior;
use serde::Deserialize;
use sqlx::PgPool;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::{InconsistencyError, QueryError};

/// An order has no more lines than this many for each one that is shown.
const ITEMS_MAX: i64 = 200;

/// An order as its rows have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRecord {
    pub order_id: OrderId,
    pub customer_id: CustomerId,
    pub product_id: ProductId,
    pub product_name: String,
    pub subscription_id: Option<SubscriptionId>,
    pub discount_id: Option<DiscountId>,
    /// The checkout that made it.
    pub checkout_id: Option<CheckoutId>,
    pub status: OrderStatus,
    pub billing_reason: BillingReason,
    pub totals: OrderTotals,
    /// Given back, tax included.
    pub refunded: Money,
    /// The tax in it.
    pub refunded_tax: Money,
    pub seats: Option<i32>,
    /// The order's own, where one was given; else as invoiced; before that as the customer is billed today.
    pub billing_name: Option<String>,
    pub billing_address: Option<Address>,
    /// Of the invoice, once it is issued.
    pub invoice_number: Option<String>,
    pub next_payment_attempt_at: Option<OffsetDateTime>,
    /// What the organization notes at it: a JSON object.
    pub metadata: serde_json::Value,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
    pub items: Vec<OrderItemRecord>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderItemRecord {
    pub order_item_id: OrderItemId,
    pub price_id: Option<PriceId>,
    pub label: String,
    pub amount: Money,
    pub tax: Money,
    pub is_proration: bool,
    pub created_at: OffsetDateTime,
}

impl OrderRecord {
    /// After discount, without tax.
    pub fn net_minor(&self) -> i64 {
        self.totals.total.minor - self.totals.tax.minor
    }
}

/// These orders of one organization with their lines: one statement, however many. Who may see them is for the caller to have asked
/// ([`super::page_of`], [`super::get`]).
///
/// # Errors
/// [`QueryError::Database`] and [`QueryError::Inconsistency`].
pub async fn records(
    db: &PgPool,
    organization_id: OrganizationId,
    order_ids: &[OrderId],
) -> Result<HashMap<OrderId, OrderRecord>, QueryError> {
    let ids: Vec<Uuid> = order_ids.iter().map(|id| id.as_uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select o.order_id, o.customer_id, o.product_id, p.name as product_name, o.subscription_id, o.discount_id, o.checkout_id, o.status, o.billing_reason,
            o.currency, o.subtotal_minor, o.discount_minor, o.tax_minor, o.total_minor, o.tax_behavior, o.refunded_minor, o.refunded_tax_minor,
            o.seats, o.next_payment_attempt_at, o.metadata, o.billing_name as own_name, o.billing_address as "own_address: Json<Address>", o.created_at, o.modified_at, i.number as "invoice_number?",
            i.snapshot -> 'buyer' as "buyer?: Json<InvoiceParty>", coalesce(c.billing_name, c.company, c.name) as customer_name,
            c.billing_address as "customer_address: Json<Address>",
            (select coalesce(json_agg(line order by line.position, line.order_item_id), '[]') from (
                select order_item_id, price_id, label, amount_minor, tax_minor, is_proration, created_at, position
                from order_item where organization_id = o.organization_id and order_id = o.order_id
                order by position, order_item_id limit $3) line) as "items!: Json<Vec<ItemRow>>"
         from orders o
         join product p on p.organization_id = o.organization_id and p.product_id = o.product_id
         join customer c on c.organization_id = o.organization_id and c.customer_id = o.customer_id
         left join invoice i on i.organization_id = o.organization_id and i.order_id = o.order_id
         where o.organization_id = $1 and o.order_id = any ($2)"#,
        organization_id.as_uuid(),
        &ids,
        ITEMS_MAX,
    )
    .fetch_all(db)
    .await?;
    let mut records = HashMap::with_capacity(rows.len());
    for row in rows {
        let record = OrderRecord::try_from(row)?;
        records.insert(record.order_id, record);
    }
    Ok(records)
}

struct Row {
    order_id: Uuid,
    customer_id: Uuid,
    product_id: Uuid,
    product_name: String,
    subscription_id: Option<Uuid>,
    discount_id: Option<Uuid>,
    checkout_id: Option<Uuid>,
    status: String,
    billing_reason: String,
    currency: String,
    subtotal_minor: i64,
    discount_minor: i64,
    tax_minor: i64,
    total_minor: i64,
    tax_behavior: String,
    refunded_minor: i64,
    refunded_tax_minor: i64,
    seats: Option<i32>,
    next_payment_attempt_at: Option<OffsetDateTime>,
    metadata: serde_json::Value,
    own_name: Option<String>,
    own_address: Option<Json<Address>>,
    created_at: OffsetDateTime,
    modified_at: Option<OffsetDateTime>,
    invoice_number: Option<String>,
    buyer: Option<Json<InvoiceParty>>,
    customer_name: Option<String>,
    customer_address: Option<Json<Address>>,
    items: Json<Vec<ItemRow>>,
}

#[derive(Deserialize)]
struct ItemRow {
    order_item_id: Uuid,
    price_id: Option<Uuid>,
    label: String,
    amount_minor: i64,
    tax_minor: i64,
    is_proration: bool,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl ItemRow {
    fn record(self, currency: Currency) -> OrderItemRecord {
        OrderItemRecord {
            order_item_id: self.order_item_id.into(),
            price_id: self.price_id.map(Into::into),
            label: self.label,
            amount: Money::new(self.amount_minor, currency),
            tax: Money::new(self.tax_minor, currency),
            is_proration: self.is_proration,
            created_at: self.created_at,
        }
    }
}

impl TryFrom<Row> for OrderRecord {
    type Error = InconsistencyError;

    fn try_from(row: Row) -> Result<Self, InconsistencyError> {
        let bad = |column| InconsistencyError::new("orders", column, row.order_id);
        let currency = Currency::parse(&row.currency).map_err(|_| bad("currency"))?;
        let money = |minor| Money::new(minor, currency);
        let totals = OrderTotals {
            subtotal: money(row.subtotal_minor),
            discount: money(row.discount_minor),
            tax: money(row.tax_minor),
            tax_behavior: TaxBehavior::parse(&row.tax_behavior)
                .ok_or_else(|| bad("tax_behavior"))?,
            total: money(row.total_minor),
        };
        let (billing_name, billing_address) = match row.buyer {
            Some(Json(buyer)) => (Some(buyer.name), Some(buyer.address)),
            None => (row.customer_name, row.customer_address.map(|Json(address)| address)),
        };
        Ok(Self {
            order_id: row.order_id.into(),
            customer_id: row.customer_id.into(),
            product_id: row.product_id.into(),
            subscription_id: row.subscription_id.map(Into::into),
            discount_id: row.discount_id.map(Into::into),
            checkout_id: row.checkout_id.map(Into::into),
            status: OrderStatus::parse(&row.status).ok_or_else(|| bad("status"))?,
            billing_reason: BillingReason::parse(&row.billing_reason)
                .ok_or_else(|| bad("billing_reason"))?,
            totals,
            refunded: money(row.refunded_minor),
            refunded_tax: money(row.refunded_tax_minor),
            seats: row.seats,
            billing_name: row.own_name.or(billing_name),
            billing_address: row.own_address.map(|Json(address)| address).or(billing_address),
            metadata: row.metadata,
            invoice_number: row.invoice_number,
            next_payment_attempt_at: row.next_payment_attempt_at,
            created_at: row.created_at,
            modified_at: row.modified_at,
            product_name: row.product_name,
            items: row.items.0.into_iter().map(|item| item.record(currency)).collect(),
        })
    }
}
