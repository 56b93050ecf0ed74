//! What the bodies of several operations of checkouts have in common.

use backend::checkout::{Change, CheckoutChange, DiscountChoice, StaffChange};
use domain::{
    address::AddressInput,
    id::{DiscountId, PriceId, ProductId},
    interval::{Interval, RecurringInterval},
    metadata::Metadata,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::rest::{
    error::{ApiError, Issue},
    extract::Given,
};

/// An address, complete or not.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct CheckoutAddressInput {
    line1: Option<String>,
    line2: Option<String>,
    postal_code: Option<String>,
    city: Option<String>,
    /// Of the United States and Canada with the country before it or not: `US-CA`, `CA`.
    state: Option<String>,
    #[schema(example = "DE")]
    country: String,
}

impl From<CheckoutAddressInput> for AddressInput {
    fn from(address: CheckoutAddressInput) -> Self {
        let state = address.state.unwrap_or_default();
        let prefix = format!("{}-", address.country.to_ascii_uppercase());
        Self {
            line1: address.line1.unwrap_or_default(),
            line2: address.line2.unwrap_or_default(),
            postal_code: address.postal_code.unwrap_or_default(),
            city: address.city.unwrap_or_default(),
            state: state.strip_prefix(&prefix).unwrap_or(&state).to_owned(),
            country: address.country,
        }
    }
}

/// What whoever holds the secret may change. What is missing stays; null empties.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct CheckoutUpdatePublic {
    /// One of the checkout's products.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub product_id: Option<ProductId>,
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub product_price_id: Option<PriceId>,
    #[schema(minimum = 1, maximum = 10_000)]
    pub seats: Option<i32>,
    pub is_business_customer: Option<bool>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub customer_name: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub customer_email: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub customer_billing_name: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<CheckoutAddressInput>)]
    pub customer_billing_address: Given<CheckoutAddressInput>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub customer_tax_id: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub locale: Given<String>,
    /// As the buyer types it; null takes the discount away.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub discount_code: Given<String>,
    /// `false` waives the trial.
    pub allow_trial: Option<bool>,
}

/// What only the organization may set.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct CheckoutStaffFields {
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub trial_interval: Given<Interval>,
    #[serde(default)]
    #[schema(value_type = Option<i32>)]
    pub trial_interval_count: Given<i32>,
    /// Copied to the subscription and its first order.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Metadata>,
    /// Copied to a customer who is made.
    #[schema(value_type = Option<Object>)]
    pub customer_metadata: Option<Metadata>,
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    pub discount_id: Given<DiscountId>,
    pub allow_discount_codes: Option<bool>,
    pub require_billing_address: Option<bool>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub customer_ip_address: Given<String>,
    /// `{CHECKOUT_ID}` in it becomes the checkout's id.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub success_url: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub return_url: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub embed_origin: Given<String>,
}

fn change<T>(given: Given<T>) -> Change<T> {
    match given {
        Given::Missing => Change::Keep,
        Given::Null => Change::Empty,
        Given::Value(value) => Change::To(value),
    }
}

impl From<CheckoutUpdatePublic> for CheckoutChange {
    fn from(body: CheckoutUpdatePublic) -> Self {
        Self {
            product_id: body.product_id,
            price_id: body.product_price_id,
            seats: body.seats,
            email: change(body.customer_email),
            name: change(body.customer_name),
            billing_name: change(body.customer_billing_name),
            billing_address: match body.customer_billing_address {
                Given::Missing => Change::Keep,
                Given::Null => Change::Empty,
                Given::Value(address) => Change::To(address.into()),
            },
            tax_id: change(body.customer_tax_id),
            is_business_customer: body.is_business_customer,
            locale: change(body.locale),
            discount: match body.discount_code {
                Given::Missing => Change::Keep,
                Given::Null => Change::Empty,
                Given::Value(code) if code.trim().is_empty() => Change::Empty,
                Given::Value(code) => Change::To(DiscountChoice::Code(code)),
            },
            allow_trial: body.allow_trial,
            staff: StaffChange::default(),
        }
    }
}

impl CheckoutStaffFields {
    /// Puts them beside what everybody may change.
    pub fn into_change(self, mut public: CheckoutChange) -> Result<CheckoutChange, ApiError> {
        match self.discount_id {
            Given::Missing => {}
            Given::Null => public.discount = Change::Empty,
            Given::Value(id) => public.discount = Change::To(DiscountChoice::Id(id)),
        }
        public.staff = StaffChange {
            trial: trial(self.trial_interval, &self.trial_interval_count)?,
            metadata: self.metadata,
            customer_metadata: self.customer_metadata,
            allow_discount_codes: self.allow_discount_codes,
            require_billing_address: self.require_billing_address,
            customer_ip_address: change(self.customer_ip_address),
            success_url: change(self.success_url),
            return_url: change(self.return_url),
            embed_origin: change(self.embed_origin),
        };
        Ok(public)
    }
}

fn trial(
    interval: Given<Interval>,
    count: &Given<i32>,
) -> Result<Change<RecurringInterval>, ApiError> {
    let wrong =
        |msg| ApiError::Invalid(vec![Issue::body("value_error", "trial_interval_count", msg)]);
    match (interval, count) {
        (Given::Missing, Given::Missing) => Ok(Change::Keep),
        (Given::Null | Given::Missing, Given::Null | Given::Missing) => Ok(Change::Empty),
        (Given::Value(interval), Given::Value(count)) => RecurringInterval::new(interval, *count)
            .map(Change::To)
            .map_err(|_| wrong("This must be between 1 and 999.")),
        _ => Err(wrong("Give trial_interval and trial_interval_count together.")),
    }
}
