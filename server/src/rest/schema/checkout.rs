//! Checkouts on the wire: for the organization, and for whoever holds the checkout's secret.

use std::collections::{BTreeMap, HashMap};

use backend::{checkout::CheckoutRecord, discount::DiscountDetail, product::ProductDetail};
use domain::{
    address::AddressInput,
    checkout::CheckoutState,
    discount::DiscountDuration,
    id::{CheckoutId, CustomerId, DiscountId, OrganizationId, PriceId, ProductId, SubscriptionId},
    interval::{Interval, RecurringInterval},
    tax::TaxBehavior,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    address::Address,
    discount::DiscountAmount,
    organization::CustomerOrganization,
    product::{CustomerProduct, ProductPrice},
};
use crate::rest::timestamp::Timestamp;

/// What every view of a checkout tells. Amounts are in minor units, of the first period that is charged.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "as the clients have them")]
pub struct CheckoutBase {
    #[schema(value_type = Uuid)]
    pub id: CheckoutId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    /// Always empty.
    #[schema(value_type = Object)]
    pub custom_field_data: BTreeMap<String, Value>,
    /// Always `stripe`, the only name that the clients know.
    #[schema(example = "stripe")]
    pub payment_processor: &'static str,
    #[schema(value_type = String, example = "open")]
    pub status: CheckoutState,
    /// Whoever holds it may fill the checkout in and confirm it.
    #[schema(example = "foyer_c_…")]
    pub client_secret: String,
    /// The page on which the checkout is filled in and paid.
    pub url: String,
    pub expires_at: Timestamp,
    /// Where the buyer is led afterwards; the checkout's own page when you gave none.
    pub success_url: String,
    pub return_url: Option<String>,
    pub embed_origin: Option<String>,
    /// Before discount and tax.
    pub amount: i64,
    pub seats: Option<i32>,
    pub min_seats: Option<i32>,
    pub max_seats: Option<i32>,
    /// Always null: nothing is sold by units.
    pub units: Option<i32>,
    /// Always null.
    pub min_units: Option<i32>,
    /// Always null.
    pub max_units: Option<i32>,
    pub discount_amount: i64,
    /// After discount, without tax.
    pub net_amount: i64,
    /// Null while the buyer's country is not known.
    pub tax_amount: Option<i64>,
    #[schema(value_type = Option<String>)]
    pub tax_behavior: Option<TaxBehavior>,
    pub total_amount: i64,
    #[schema(example = "eur")]
    pub currency: String,
    pub allow_trial: bool,
    #[schema(value_type = Option<String>)]
    pub active_trial_interval: Option<Interval>,
    pub active_trial_interval_count: Option<u16>,
    pub trial_end: Option<Timestamp>,
    #[schema(value_type = Uuid)]
    pub organization_id: OrganizationId,
    #[schema(value_type = Uuid)]
    pub product_id: ProductId,
    #[schema(value_type = Uuid)]
    pub product_price_id: PriceId,
    #[schema(value_type = Option<Uuid>)]
    pub discount_id: Option<DiscountId>,
    pub allow_discount_codes: bool,
    pub require_billing_address: bool,
    pub is_discount_applicable: bool,
    pub is_free_product_price: bool,
    /// Something is charged at once.
    pub is_payment_required: bool,
    /// A card is needed, for now or for later.
    pub is_payment_setup_required: bool,
    pub is_payment_form_required: bool,
    #[schema(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    pub is_business_customer: bool,
    pub customer_name: Option<String>,
    pub customer_email: Option<String>,
    pub customer_ip_address: Option<String>,
    pub customer_billing_name: Option<String>,
    pub customer_billing_address: Option<Address>,
    pub customer_tax_id: Option<String>,
    pub locale: Option<String>,
    /// Always null: how to pay is chosen at the processor.
    pub payment_method_type: Option<String>,
    /// After confirming: `card_url`, where the buyer gives the card.
    pub payment_processor_metadata: BTreeMap<String, String>,
    pub billing_address_fields: BillingAddressFields,
    /// What can be chosen.
    pub products: Vec<CustomerProduct>,
    pub product: Option<CustomerProduct>,
    pub product_price: Option<ProductPrice>,
    /// By product, in the checkout's currency.
    pub prices: BTreeMap<String, Vec<ProductPrice>>,
    pub discount: Option<CheckoutDiscount>,
    /// Always empty.
    #[schema(value_type = Vec<Object>)]
    pub attached_custom_fields: Vec<Value>,
}

/// Each `required`, `optional` or `disabled`.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct BillingAddressFields {
    pub country: &'static str,
    pub state: &'static str,
    pub city: &'static str,
    pub postal_code: &'static str,
    pub line1: &'static str,
    pub line2: &'static str,
}

/// The discount of a checkout.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CheckoutDiscount {
    /// `once`, `repeating` or `forever`.
    #[schema(example = "once")]
    pub duration: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_in_months: Option<i32>,
    #[serde(flatten)]
    pub amount: DiscountAmount,
    #[schema(value_type = Uuid)]
    pub id: DiscountId,
    pub name: String,
    pub code: Option<String>,
}

/// A checkout, as the organization sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Checkout {
    #[serde(flatten)]
    pub base: CheckoutBase,
    #[schema(value_type = Option<String>)]
    pub trial_interval: Option<Interval>,
    pub trial_interval_count: Option<u16>,
    /// Copied to the subscription and its first order.
    #[schema(value_type = Object)]
    pub metadata: Value,
    pub external_customer_id: Option<String>,
    /// Copied to a customer who is made.
    #[schema(value_type = Object)]
    pub customer_metadata: Value,
    /// The one that began with it.
    #[schema(value_type = Option<Uuid>)]
    pub subscription_id: Option<SubscriptionId>,
}

/// A checkout, as whoever holds its secret sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CheckoutPublic {
    #[serde(flatten)]
    pub base: CheckoutBase,
    pub organization: CustomerOrganization,
}

/// A checkout that was just confirmed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CheckoutPublicConfirmed {
    #[serde(flatten)]
    pub public: CheckoutPublic,
    /// A session of the customer; null when the customer was found only by the address that was typed.
    #[schema(example = "foyer_cst_…")]
    pub customer_session_token: Option<String>,
}

/// What stands around checkouts, read once for all of them.
#[derive(Debug)]
pub struct Around {
    pub products: HashMap<ProductId, ProductDetail>,
    pub discounts: HashMap<DiscountId, DiscountDetail>,
}

impl CheckoutBase {
    pub fn of(
        checkout: &CheckoutRecord,
        around: &Around,
        client_secret: String,
        url: String,
    ) -> Self {
        let quote = &checkout.quote;
        let totals = checkout.totals;
        let has_country = checkout.billing_address.is_some() || quote.is_free;
        let product = around.products.get(&checkout.product_id);
        let price = product.and_then(|product| {
            product.prices.iter().find(|price| price.price_id == checkout.price_id)
        });
        let products = checkout.product_ids.iter().filter_map(|id| around.products.get(id));
        let prices = products.clone().map(|product| {
            let same = product.prices.iter().filter(|price| {
                price.currency == checkout.currency
                    && (!price.is_archived || price.price_id == checkout.price_id)
            });
            (product.product_id.to_string(), same.map(Into::into).collect())
        });
        let discount = checkout.discount_id.and_then(|id| around.discounts.get(&id));
        Self {
            id: checkout.checkout_id,
            created_at: checkout.created_at.into(),
            modified_at: checkout.modified_at.map(Into::into),
            custom_field_data: BTreeMap::new(),
            payment_processor: "stripe",
            status: checkout.state,
            client_secret,
            success_url: checkout.success_url.as_ref().map_or_else(
                || url.clone(),
                |to| to.replace("{CHECKOUT_ID}", &checkout.checkout_id.to_string()),
            ),
            url,
            expires_at: checkout.expires_at.into(),
            return_url: checkout.return_url.clone(),
            embed_origin: checkout.embed_origin.clone(),
            amount: totals.subtotal_minor,
            seats: checkout.seats,
            min_seats: checkout.min_seats,
            max_seats: checkout.max_seats,
            units: None,
            min_units: None,
            max_units: None,
            discount_amount: totals.discount_minor,
            net_amount: totals.total_minor - totals.tax_minor,
            tax_amount: has_country.then_some(totals.tax_minor),
            tax_behavior: has_country.then_some(quote.tax_behavior),
            total_amount: totals.total_minor,
            currency: checkout.currency.as_str().to_owned(),
            allow_trial: checkout.allow_trial,
            active_trial_interval: checkout.active_trial.map(RecurringInterval::interval),
            active_trial_interval_count: checkout.active_trial.map(RecurringInterval::count),
            trial_end: quote.facts.trial_end.map(Into::into),
            organization_id: checkout.organization_id,
            product_id: checkout.product_id,
            product_price_id: checkout.price_id,
            discount_id: checkout.discount_id,
            allow_discount_codes: checkout.allow_discount_codes,
            require_billing_address: checkout.require_billing_address,
            is_discount_applicable: !quote.is_free,
            is_free_product_price: quote.is_free,
            is_payment_required: !quote.due_now.totals.total.is_zero(),
            is_payment_setup_required: quote.needs_card,
            is_payment_form_required: quote.needs_card,
            customer_id: checkout.customer_id,
            is_business_customer: checkout.is_business_customer,
            customer_name: checkout.customer_name.clone(),
            customer_email: checkout.customer_email.clone(),
            customer_ip_address: checkout.customer_ip_address.clone(),
            customer_billing_name: checkout.billing_name.clone(),
            customer_billing_address: checkout.billing_address.as_ref().and_then(address),
            customer_tax_id: checkout.tax_id.clone(),
            locale: checkout.locale.clone(),
            payment_method_type: None,
            payment_processor_metadata: checkout
                .action_url
                .iter()
                .map(|url| ("action_url".to_owned(), url.clone()))
                .collect(),
            billing_address_fields: fields(quote.needs_card || checkout.require_billing_address),
            products: products.map(Into::into).collect(),
            product: product.map(Into::into),
            product_price: price.map(Into::into),
            prices: prices.collect(),
            discount: discount.map(Into::into),
            attached_custom_fields: vec![],
        }
    }
}

impl Checkout {
    pub fn of(base: CheckoutBase, checkout: CheckoutRecord) -> Self {
        Self {
            base,
            trial_interval: checkout.trial.map(RecurringInterval::interval),
            trial_interval_count: checkout.trial.map(RecurringInterval::count),
            metadata: checkout.metadata,
            external_customer_id: checkout.external_customer_id,
            customer_metadata: checkout.customer_metadata,
            subscription_id: checkout.subscription_id,
        }
    }
}

const fn fields(is_required: bool) -> BillingAddressFields {
    let wanted = if is_required { "required" } else { "optional" };
    BillingAddressFields {
        country: wanted,
        state: "optional",
        city: wanted,
        postal_code: "optional",
        line1: wanted,
        line2: "optional",
    }
}

/// What was typed so far; nothing without a country.
fn address(typed: &AddressInput) -> Option<Address> {
    let text = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Some(Address {
        line1: text(&typed.line1),
        line2: text(&typed.line2),
        postal_code: text(&typed.postal_code),
        city: text(&typed.city),
        state: text(&typed.state),
        country: text(&typed.country)?,
    })
}

impl From<&DiscountDetail> for CheckoutDiscount {
    fn from(discount: &DiscountDetail) -> Self {
        let (duration, duration_in_months) = match discount.duration {
            DiscountDuration::Once => ("once", None),
            DiscountDuration::Repeating { months } => ("repeating", Some(months)),
            DiscountDuration::Forever => ("forever", None),
        };
        Self {
            duration,
            duration_in_months,
            amount: (&discount.amount).into(),
            id: discount.discount_id,
            name: discount.name.clone(),
            code: discount.code.clone(),
        }
    }
}
