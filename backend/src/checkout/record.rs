//! Checkouts with all that is shown of them.

use std::collections::HashMap;

use domain::address::AddressInput;
use domain::checkout::{CheckoutState, CustomerMatch};
use domain::id::{
    CheckoutId, CustomerId, DiscountId, OrderId, OrganizationId, PriceId, ProductId, SubscriptionId,
};
use domain::interval::RecurringInterval;
use domain::money::Currency;
use domain::payment::DeclineCode;
use domain::price::PriceAmount;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::error::CheckoutError;
use super::on_method_entered::DISCOUNT_USED_UP;
use super::quote::{self, CheckoutQuote, work_out};
use super::row::{CheckoutRow, checkout_rows};
use crate::actor::Actor;
use crate::error::InconsistencyError;

/// A checkout as its rows have it, and what it comes to now.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of its own")]
pub struct CheckoutRecord {
    pub organization_id: OrganizationId,
    pub checkout_id: CheckoutId,
    pub state: CheckoutState,
    pub product_ids: Vec<ProductId>,
    pub product_id: ProductId,
    pub price_id: PriceId,
    pub product_name: String,
    pub price: PriceAmount,
    pub currency: Currency,
    pub seats: Option<i32>,
    pub min_seats: Option<i32>,
    pub max_seats: Option<i32>,
    pub discount_id: Option<DiscountId>,
    pub discount_name: Option<String>,
    pub allow_discount_codes: bool,
    pub allow_trial: bool,
    /// Its own, where it has one.
    pub trial: Option<RecurringInterval>,
    /// The trial that it would begin with.
    pub active_trial: Option<RecurringInterval>,
    pub require_billing_address: bool,
    pub customer_id: Option<CustomerId>,
    pub customer_match: Option<CustomerMatch>,
    pub external_customer_id: Option<String>,
    pub customer_email: Option<String>,
    pub customer_name: Option<String>,
    pub customer_ip_address: Option<String>,
    pub is_business_customer: bool,
    pub billing_name: Option<String>,
    pub billing_address: Option<AddressInput>,
    pub tax_id: Option<String>,
    pub customer_metadata: serde_json::Value,
    pub metadata: serde_json::Value,
    pub locale: Option<String>,
    pub success_url: Option<String>,
    pub return_url: Option<String>,
    pub embed_origin: Option<String>,
    pub order_id: Option<OrderId>,
    pub subscription_id: Option<SubscriptionId>,
    /// Why the last charge failed.
    pub decline_code: Option<DeclineCode>,
    /// Nobody was charged, because the discount was used up meanwhile.
    pub is_discount_used_up: bool,
    /// A charge is under way.
    pub is_charged: bool,
    /// Where a charge waits to be approved.
    pub action_url: Option<String>,
    /// Somebody charges the organization's customers.
    pub has_processor: bool,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
    pub expires_at: OffsetDateTime,
    pub settled_at: Option<OffsetDateTime>,
    pub totals: CheckoutTotals,
    /// As if it was bought now; of one that is bought, as it was then.
    pub quote: CheckoutQuote,
}

/// What the first charged period comes to, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckoutTotals {
    pub subtotal_minor: i64,
    pub discount_minor: i64,
    pub tax_minor: i64,
    pub total_minor: i64,
}

/// These checkouts of one organization, in one statement. Who may see them is for the caller to have asked ([`super::page_of`]).
///
/// # Errors
/// [`CheckoutError::Database`] and [`CheckoutError::Inconsistency`].
pub async fn records(
    db: &PgPool,
    organization_id: OrganizationId,
    checkout_ids: &[CheckoutId],
    now: OffsetDateTime,
) -> Result<HashMap<CheckoutId, CheckoutRecord>, CheckoutError> {
    let ids: Vec<Uuid> = checkout_ids.iter().map(|id| id.as_uuid()).collect();
    let rows = checkout_rows!(
        "where k.organization_id = $1 and k.checkout_id = any ($2)",
        organization_id.as_uuid(),
        &ids,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| Ok((row.checkout_id.into(), record(row, now)?))).collect()
}

/// One checkout; `None` when there is none in the actor's reach.
///
/// # Errors
/// `Forbidden` for others than the organization itself and whoever holds the checkout's secret.
pub async fn get(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    checkout_id: CheckoutId,
    now: OffsetDateTime,
) -> Result<Option<CheckoutRecord>, CheckoutError> {
    actor.buyer(organization_id, checkout_id)?;
    Ok(records(db, organization_id, &[checkout_id], now).await?.remove(&checkout_id))
}

fn record(row: CheckoutRow, now: OffsetDateTime) -> Result<CheckoutRecord, CheckoutError> {
    let quote = work_out(&row, row.settled_at.unwrap_or(now))?;
    let state = row.state()?;
    let state = match state {
        // The worker writes it down soon.
        CheckoutState::Open if row.expires_at <= now => CheckoutState::Expired,
        state => state,
    };
    Ok(CheckoutRecord {
        totals: totals(&row, &quote),
        state,
        customer_match: row.customer_match()?,
        trial: trial_of(&row)?,
        active_trial: row.trial()?,
        price: quote::price(&row)?,
        currency: row.currency()?,
        organization_id: row.organization(),
        checkout_id: row.id(),
        product_ids: row.product_ids.into_iter().map(Into::into).collect(),
        product_id: row.product_id.into(),
        price_id: row.price_id.into(),
        product_name: row.product_name,
        seats: row.seats,
        min_seats: row.min_seats,
        max_seats: row.max_seats,
        discount_id: row.discount_id.map(Into::into),
        discount_name: row.discount_name,
        allow_discount_codes: row.allow_discount_codes,
        allow_trial: row.allow_trial,
        require_billing_address: row.require_billing_address,
        customer_id: row.customer_id.map(Into::into),
        external_customer_id: row.external_customer_id,
        customer_email: row.customer_email,
        customer_name: row.customer_name,
        customer_ip_address: row.customer_ip_address,
        is_business_customer: row.is_business_customer,
        billing_name: row.billing_name,
        billing_address: row.billing_address.map(|address| address.0),
        tax_id: row.tax_id,
        customer_metadata: row.customer_metadata,
        metadata: row.metadata,
        locale: row.locale,
        success_url: row.success_url,
        return_url: row.return_url,
        embed_origin: row.embed_origin,
        order_id: row.order_id.map(Into::into),
        subscription_id: row.subscription_id.map(Into::into),
        is_discount_used_up: row.decline_code.as_deref() == Some(DISCOUNT_USED_UP),
        decline_code: row.decline_code.as_deref().and_then(DeclineCode::parse),
        is_charged: row.is_charged,
        action_url: row.action_url,
        has_processor: row.payment_processor.is_some(),
        created_at: row.created_at,
        modified_at: row.modified_at,
        expires_at: row.expires_at,
        settled_at: row.settled_at,
        quote,
    })
}

fn trial_of(row: &CheckoutRow) -> Result<Option<RecurringInterval>, InconsistencyError> {
    match row.trial_interval {
        Some(_) => CheckoutRow { allow_trial: true, ..row.clone() }.trial(),
        None => Ok(None),
    }
}

/// What was frozen counts; else what it would come to.
fn totals(row: &CheckoutRow, quote: &CheckoutQuote) -> CheckoutTotals {
    let first = quote.first.totals;
    let frozen = row
        .order_subtotal_minor
        .zip(row.order_discount_minor)
        .zip(row.order_tax_minor.zip(row.order_total_minor))
        .filter(|(_, (_, total))| *total > 0);
    match frozen {
        Some(((subtotal_minor, discount_minor), (tax_minor, total_minor))) => {
            CheckoutTotals { subtotal_minor, discount_minor, tax_minor, total_minor }
        }
        None => CheckoutTotals {
            subtotal_minor: first.subtotal.minor,
            discount_minor: first.discount.minor,
            tax_minor: first.tax.minor,
            total_minor: first.total.minor,
        },
    }
}
