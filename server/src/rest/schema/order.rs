//! Orders on the wire.

use std::collections::BTreeMap;

use backend::order::{OrderItemRecord, OrderRecord};
use domain::{
    id::{
        CheckoutId, CustomerId, DiscountId, OrderId, OrderItemId, PriceId, ProductId,
        SubscriptionId,
    },
    order::{BillingReason, OrderStatus},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    address::Address,
    customer::Customer,
    discount::DiscountBase,
    product::{CustomerProductOfOrganization, ProductBase},
    subscription::SubscriptionBase,
};
use crate::rest::timestamp::Timestamp;

/// The facts of an order. Amounts are in minor units.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderBase {
    #[schema(value_type = Uuid)]
    pub id: OrderId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    #[schema(value_type = String, example = "paid")]
    pub status: OrderStatus,
    /// The money arrived, whatever was given back since.
    pub paid: bool,
    pub subtotal_amount: i64,
    pub discount_amount: i64,
    /// After discount, without tax.
    pub net_amount: i64,
    pub tax_amount: i64,
    pub total_amount: i64,
    pub applied_balance_amount: i64,
    pub due_amount: i64,
    /// Given back, without tax.
    pub refunded_amount: i64,
    pub refunded_tax_amount: i64,
    /// What can still be given back, without tax.
    pub refundable_amount: i64,
    pub refundable_tax_amount: i64,
    #[schema(example = "eur")]
    pub currency: String,
    #[schema(value_type = String, example = "subscription_cycle")]
    pub billing_reason: BillingReason,
    pub billing_name: Option<String>,
    pub billing_address: Option<Address>,
    /// Null until the invoice is issued.
    pub invoice_number: Option<String>,
    pub is_invoice_generated: bool,
    pub receipt_number: Option<String>,
    pub seats: Option<i32>,
    pub units: Option<i32>,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    #[schema(value_type = Option<Uuid>)]
    pub product_id: Option<ProductId>,
    #[schema(value_type = Option<Uuid>)]
    pub discount_id: Option<DiscountId>,
    #[schema(value_type = Option<Uuid>)]
    pub subscription_id: Option<SubscriptionId>,
    #[schema(value_type = Option<Uuid>)]
    pub checkout_id: Option<CheckoutId>,
    /// When the money is asked for again by itself.
    pub next_payment_attempt_at: Option<Timestamp>,
    pub items: Vec<OrderItem>,
    pub description: String,
}

/// An order, as its customer sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerOrder {
    #[serde(flatten)]
    pub base: OrderBase,
    pub product: Option<CustomerProductOfOrganization>,
    pub subscription: Option<SubscriptionBase>,
}

/// An order, as its organization sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Order {
    #[serde(flatten)]
    pub base: OrderBase,
    /// What you note at it.
    #[schema(value_type = Object)]
    pub metadata: serde_json::Value,
    /// Always empty.
    #[schema(value_type = Object)]
    pub custom_field_data: BTreeMap<String, String>,
    /// Always 0: you run this yourself.
    pub platform_fee_amount: i64,
    pub platform_fee_currency: Option<String>,
    pub customer: Customer,
    pub product: Option<ProductBase>,
    pub discount: Option<DiscountBase>,
    pub subscription: Option<OrderSubscription>,
}

/// The subscription of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderSubscription {
    #[serde(flatten)]
    pub base: SubscriptionBase,
    #[schema(value_type = Object)]
    pub metadata: serde_json::Value,
}

/// A line of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderItem {
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    #[schema(value_type = Uuid)]
    pub id: OrderItemId,
    pub label: String,
    pub amount: i64,
    pub tax_amount: i64,
    /// It is for a part of a period.
    pub proration: bool,
    #[schema(value_type = Option<Uuid>)]
    pub product_price_id: Option<PriceId>,
    /// Always null: an order is for one period, that of its subscription.
    pub start_timestamp: Option<Timestamp>,
    /// Always null.
    pub end_timestamp: Option<Timestamp>,
}

impl From<OrderRecord> for OrderBase {
    fn from(order: OrderRecord) -> Self {
        let (total, tax, net) =
            (order.totals.total.minor, order.totals.tax.minor, order.net_minor());
        let refunded_tax = order.refunded_tax.minor;
        let refunded = order.refunded.minor - refunded_tax;
        let is_paid = order.status.is_paid();
        let refundable = |amount: i64| if is_paid { amount.max(0) } else { 0 };
        Self {
            id: order.order_id,
            created_at: order.created_at.into(),
            modified_at: order.modified_at.map(Into::into),
            status: order.status,
            paid: is_paid,
            subtotal_amount: order.totals.subtotal.minor,
            discount_amount: order.totals.discount.minor,
            net_amount: net,
            tax_amount: tax,
            total_amount: total,
            applied_balance_amount: 0,
            due_amount: total.max(0),
            refunded_amount: refunded,
            refunded_tax_amount: refunded_tax,
            refundable_amount: refundable(net - refunded),
            refundable_tax_amount: refundable(tax - refunded_tax),
            currency: order.totals.total.currency.as_str().to_owned(),
            billing_reason: order.billing_reason,
            billing_name: order.billing_name,
            billing_address: order.billing_address.map(Into::into),
            is_invoice_generated: order.invoice_number.is_some(),
            invoice_number: order.invoice_number,
            receipt_number: None,
            seats: order.seats,
            units: None,
            customer_id: order.customer_id,
            product_id: Some(order.product_id),
            discount_id: order.discount_id,
            subscription_id: order.subscription_id,
            checkout_id: order.checkout_id,
            next_payment_attempt_at: order.next_payment_attempt_at.map(Into::into),
            items: order.items.into_iter().map(Into::into).collect(),
            description: order.product_name,
        }
    }
}

impl From<OrderItemRecord> for OrderItem {
    fn from(item: OrderItemRecord) -> Self {
        Self {
            created_at: item.created_at.into(),
            modified_at: None,
            id: item.order_item_id,
            label: item.label,
            amount: item.amount.minor,
            tax_amount: item.tax.minor,
            proration: item.is_proration,
            product_price_id: item.price_id,
            start_timestamp: None,
            end_timestamp: None,
        }
    }
}
