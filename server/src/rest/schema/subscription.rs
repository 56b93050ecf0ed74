//! Subscriptions on the wire.

use std::collections::BTreeMap;

use backend::subscription::{PendingUpdateRecord, SubscriptionRecord};
use domain::{
    id::{CheckoutId, CustomerId, DiscountId, ProductId, SubscriptionId},
    interval::Interval,
    subscription::{CancellationReason, SubscriptionStatus},
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    customer::Customer,
    discount::DiscountBase,
    product::{CustomerProductOfOrganization, Product, ProductPrice},
};
use crate::rest::timestamp::Timestamp;

/// The facts of a subscription.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SubscriptionBase {
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    #[schema(value_type = Uuid)]
    pub id: SubscriptionId,
    /// For one period, in minor units, before discount and tax.
    pub amount: i64,
    #[schema(example = "eur")]
    pub currency: String,
    #[schema(value_type = String, example = "month")]
    pub recurring_interval: Interval,
    pub recurring_interval_count: u16,
    #[schema(value_type = String, example = "active")]
    pub status: SubscriptionStatus,
    pub current_period_start: Timestamp,
    pub current_period_end: Timestamp,
    pub current_meter_period_start: Option<Timestamp>,
    pub current_meter_period_end: Option<Timestamp>,
    pub trial_start: Option<Timestamp>,
    pub trial_end: Option<Timestamp>,
    pub cancel_at_period_end: bool,
    pub canceled_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub past_due_at: Option<Timestamp>,
    pub pause_at_period_end: bool,
    pub paused_at: Option<Timestamp>,
    pub resumes_at: Option<Timestamp>,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    #[schema(value_type = Uuid)]
    pub product_id: ProductId,
    #[schema(value_type = Option<Uuid>)]
    pub discount_id: Option<DiscountId>,
    #[schema(value_type = Option<Uuid>)]
    pub checkout_id: Option<CheckoutId>,
    pub seats: Option<i32>,
    pub units: Option<i32>,
    #[schema(value_type = Option<String>)]
    pub customer_cancellation_reason: Option<CancellationReason>,
    pub customer_cancellation_comment: Option<String>,
}

/// A subscription, as its customer sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerSubscription {
    #[serde(flatten)]
    pub base: SubscriptionBase,
    pub product: CustomerProductOfOrganization,
    /// What it is charged by.
    pub prices: Vec<ProductPrice>,
    pub meters: Vec<SubscriptionMeter>,
    /// What it becomes when the period ends.
    pub pending_update: Option<PendingSubscriptionUpdate>,
}

/// A subscription, as its organization sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Subscription {
    #[serde(flatten)]
    pub base: SubscriptionBase,
    /// What you note at it.
    #[schema(value_type = Object)]
    pub metadata: serde_json::Value,
    /// Always empty.
    #[schema(value_type = Object)]
    pub custom_field_data: BTreeMap<String, String>,
    pub customer: Customer,
    pub product: Product,
    pub discount: Option<DiscountBase>,
    /// What it is charged by.
    pub prices: Vec<ProductPrice>,
    pub meters: Vec<SubscriptionMeter>,
    /// What it becomes when the period ends.
    pub pending_update: Option<PendingSubscriptionUpdate>,
}

/// Usage of a subscription.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SubscriptionMeter {
    pub id: Uuid,
}

/// A change that waits for the period's end.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PendingSubscriptionUpdate {
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    pub id: Uuid,
    pub applies_at: Timestamp,
    #[schema(value_type = Option<Uuid>)]
    pub product_id: Option<ProductId>,
    pub seats: Option<i32>,
    pub units: Option<i32>,
}

impl From<&SubscriptionRecord> for SubscriptionBase {
    fn from(record: &SubscriptionRecord) -> Self {
        Self {
            created_at: record.created_at.into(),
            modified_at: record.modified_at.map(Into::into),
            id: record.subscription_id,
            amount: record.amount.minor,
            currency: record.amount.currency.as_str().to_owned(),
            recurring_interval: record.interval.interval(),
            recurring_interval_count: record.interval.count(),
            status: record.status,
            current_period_start: record.period.start.into(),
            current_period_end: record.period.end.into(),
            current_meter_period_start: None,
            current_meter_period_end: None,
            trial_start: record.trial_start.map(Into::into),
            trial_end: record.trial_end.map(Into::into),
            cancel_at_period_end: record.cancel_at_period_end,
            canceled_at: record.canceled_at.map(Into::into),
            started_at: record.started_at.map(Into::into),
            ends_at: record.ends_at.map(Into::into),
            ended_at: record.ended_at.map(Into::into),
            past_due_at: record.past_due_at.map(Into::into),
            pause_at_period_end: record.pause_at_period_end,
            paused_at: record.paused_at.map(Into::into),
            resumes_at: record.resumes_at.map(Into::into),
            customer_id: record.customer_id,
            product_id: record.product_id,
            discount_id: record.discount_id,
            checkout_id: record.checkout_id,
            seats: record.seats,
            units: None,
            customer_cancellation_reason: record.cancellation_reason,
            customer_cancellation_comment: record.cancellation_comment.clone(),
        }
    }
}

impl From<&PendingUpdateRecord> for PendingSubscriptionUpdate {
    fn from(update: &PendingUpdateRecord) -> Self {
        Self {
            created_at: update.created_at.into(),
            modified_at: None,
            id: update.pending_update_id,
            applies_at: update.applies_at.into(),
            product_id: update.product_id,
            seats: update.seats,
            units: None,
        }
    }
}
