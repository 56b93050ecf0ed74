//! Customers on the wire: as they see themselves, and as the organization sees them.

use std::collections::BTreeMap;

use backend::{
    customer::{CustomerRecord, PortalCustomer},
    subscription::SubscriptionRecord,
};
use domain::{
    customer_type::CustomerType,
    id::{CustomerId, DiscountId, OrganizationId, PaymentMethodId, ProductId, SubscriptionId},
    interval::Interval,
    subscription::SubscriptionStatus,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::address::Address;
use crate::rest::timestamp::Timestamp;

/// The customer that a session belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerPortalCustomer {
    #[schema(value_type = Uuid)]
    pub id: CustomerId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    pub email: Option<String>,
    pub email_verified: bool,
    pub name: Option<String>,
    /// The customer's name where none is given for invoices.
    pub billing_name: Option<String>,
    pub billing_address: Option<Address>,
    /// The number and its kind, such as `["DE123456789", "eu_vat"]`.
    #[schema(value_type = Option<Vec<String>>)]
    pub tax_id: Option<(String, &'static str)>,
    pub oauth_accounts: BTreeMap<String, OAuthAccount>,
    #[schema(value_type = Option<Uuid>)]
    pub default_payment_method_id: Option<PaymentMethodId>,
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "individual")]
    pub kind: CustomerType,
    pub locale: Option<String>,
}

/// An account elsewhere that is linked.
#[derive(Debug, Serialize, ToSchema)]
pub struct OAuthAccount {
    pub account_id: String,
    pub account_username: Option<String>,
}

impl From<PortalCustomer> for CustomerPortalCustomer {
    fn from(customer: PortalCustomer) -> Self {
        Self {
            id: customer.customer_id,
            created_at: customer.created_at.into(),
            modified_at: customer.modified_at.map(Into::into),
            email: Some(customer.email),
            email_verified: customer.is_email_verified,
            billing_name: customer.billing_name.or_else(|| customer.name.clone()),
            name: customer.name,
            billing_address: customer.billing_address.map(Into::into),
            tax_id: customer.tax_id.map(|tax_id| (tax_id, "eu_vat")),
            oauth_accounts: BTreeMap::new(),
            default_payment_method_id: customer.default_payment_method_id,
            kind: customer.customer_type,
            locale: customer.locale,
        }
    }
}

/// A customer, as its organization sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Customer {
    #[schema(value_type = Uuid)]
    pub id: CustomerId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    /// Up to 50 entries of the organization's own.
    #[schema(value_type = Object)]
    pub metadata: serde_json::Value,
    /// The id by which the organization knows the customer.
    pub external_id: Option<String>,
    pub email: Option<String>,
    pub email_verified: bool,
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "individual")]
    pub kind: CustomerType,
    pub name: Option<String>,
    pub billing_name: Option<String>,
    pub billing_address: Option<Address>,
    /// The number and its kind, such as `["DE123456789", "eu_vat"]`.
    #[schema(value_type = Option<Vec<String>>)]
    pub tax_id: Option<(String, &'static str)>,
    pub locale: Option<String>,
    #[schema(value_type = Uuid)]
    pub organization_id: OrganizationId,
    #[schema(value_type = Option<Uuid>)]
    pub default_payment_method_id: Option<PaymentMethodId>,
    pub deleted_at: Option<Timestamp>,
    pub first_user_event_at: Option<Timestamp>,
    pub avatar_url: Option<String>,
}

impl From<CustomerRecord> for Customer {
    fn from(customer: CustomerRecord) -> Self {
        Self {
            id: customer.customer_id,
            created_at: customer.created_at.into(),
            modified_at: customer.modified_at.map(Into::into),
            metadata: customer.metadata,
            external_id: customer.external_id,
            email: Some(customer.email),
            email_verified: customer.is_email_verified,
            kind: customer.customer_type,
            name: customer.name,
            billing_name: customer.billing_name,
            billing_address: customer.billing_address.map(Into::into),
            tax_id: customer.tax_id.map(|tax_id| (tax_id, "eu_vat")),
            locale: customer.locale,
            organization_id: customer.organization_id,
            default_payment_method_id: customer.default_payment_method_id,
            deleted_at: customer.deleted_at.map(Into::into),
            first_user_event_at: None,
            avatar_url: None,
        }
    }
}

/// A customer with what it has right now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerState {
    #[serde(flatten)]
    pub customer: Customer,
    /// Active or in trial.
    pub active_subscriptions: Vec<CustomerStateSubscription>,
    /// Empty until benefits are granted one by one.
    #[schema(value_type = Vec<Object>)]
    pub granted_benefits: Vec<serde_json::Value>,
    /// Empty until usage is metered.
    #[schema(value_type = Vec<Object>)]
    pub active_meters: Vec<serde_json::Value>,
}

/// A running subscription of a customer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerStateSubscription {
    #[schema(value_type = Uuid)]
    pub id: SubscriptionId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    #[schema(value_type = Object)]
    pub metadata: serde_json::Value,
    #[schema(value_type = Object)]
    pub custom_field_data: BTreeMap<String, serde_json::Value>,
    /// `active` or `trialing`.
    #[schema(value_type = String, example = "active")]
    pub status: SubscriptionStatus,
    /// For one period, in minor units, before discount and tax.
    pub amount: i64,
    #[schema(example = "eur")]
    pub currency: String,
    #[schema(value_type = String, example = "month")]
    pub recurring_interval: Interval,
    pub current_period_start: Timestamp,
    pub current_period_end: Timestamp,
    pub trial_start: Option<Timestamp>,
    pub trial_end: Option<Timestamp>,
    pub cancel_at_period_end: bool,
    pub canceled_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    #[schema(value_type = Uuid)]
    pub product_id: ProductId,
    #[schema(value_type = Option<Uuid>)]
    pub discount_id: Option<DiscountId>,
    pub seats: Option<i32>,
    pub units: Option<i32>,
    #[schema(value_type = Vec<Object>)]
    pub meters: Vec<serde_json::Value>,
}

impl From<&SubscriptionRecord> for CustomerStateSubscription {
    fn from(subscription: &SubscriptionRecord) -> Self {
        Self {
            id: subscription.subscription_id,
            created_at: subscription.created_at.into(),
            modified_at: subscription.modified_at.map(Into::into),
            metadata: subscription.metadata.clone(),
            custom_field_data: BTreeMap::new(),
            status: subscription.status,
            amount: subscription.amount.minor,
            currency: subscription.amount.currency.as_str().to_owned(),
            recurring_interval: subscription.interval.interval(),
            current_period_start: subscription.period.start.into(),
            current_period_end: subscription.period.end.into(),
            trial_start: subscription.trial_start.map(Into::into),
            trial_end: subscription.trial_end.map(Into::into),
            cancel_at_period_end: subscription.cancel_at_period_end,
            canceled_at: subscription.canceled_at.map(Into::into),
            started_at: subscription.started_at.map(Into::into),
            ends_at: subscription.ends_at.map(Into::into),
            product_id: subscription.product_id,
            discount_id: subscription.discount_id,
            seats: subscription.seats,
            units: None,
            meters: vec![],
        }
    }
}
