//! What can be changed of a checkout, and writing it into its row.

use domain::address::AddressInput;
use domain::checkout::{CHECKOUT_SEATS_MAX, CustomerMatch};
use domain::country::Country;
use domain::email::EmailAddress;
use domain::field_errors::FieldErrors;
use domain::id::{DiscountId, PriceId, ProductId};
use domain::interval::RecurringInterval;
use domain::metadata::Metadata;
use domain::price::PriceAmount;
use domain::tax_id::TAX_ID_MAX_CHARS;
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;

use super::catalog::{self, ChosenPrice};
use super::error::CheckoutError;
use super::quote;
use super::row::CheckoutRow;
use crate::hand_over::is_web_url;
use crate::input;

/// A value that stays, goes, or becomes another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Change<T> {
    #[default]
    Keep,
    Empty,
    To(T),
}

impl<T> Change<T> {
    fn into_value(self, now: Option<T>) -> Option<T> {
        match self {
            Self::Keep => now,
            Self::Empty => None,
            Self::To(value) => Some(value),
        }
    }
}

impl<T> From<Option<T>> for Change<T> {
    /// What is not there stays.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Keep, Self::To)
    }
}

/// A discount to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiscountChoice {
    Id(DiscountId),
    /// As a customer types it.
    Code(String),
}

/// What whoever holds the checkout's secret may change of it.
#[derive(Debug, Clone, Default)]
pub struct CheckoutChange {
    /// One of those offered.
    pub product_id: Option<ProductId>,
    /// One of the product's.
    pub price_id: Option<PriceId>,
    pub seats: Option<i32>,
    pub email: Change<String>,
    pub name: Change<String>,
    pub billing_name: Change<String>,
    /// May be incomplete until the checkout is confirmed.
    pub billing_address: Change<AddressInput>,
    pub tax_id: Change<String>,
    pub is_business_customer: Option<bool>,
    pub locale: Change<String>,
    pub discount: Change<DiscountChoice>,
    pub allow_trial: Option<bool>,
    /// Only from the organization itself.
    pub staff: StaffChange,
}

/// What only the organization may change.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StaffChange {
    pub trial: Change<RecurringInterval>,
    pub metadata: Option<Metadata>,
    pub customer_metadata: Option<Metadata>,
    pub allow_discount_codes: Option<bool>,
    pub require_billing_address: Option<bool>,
    pub customer_ip_address: Change<String>,
    pub success_url: Change<String>,
    pub return_url: Change<String>,
    pub embed_origin: Change<String>,
}

/// Characters of a tag of a language.
const LOCALE_MAX_CHARS: usize = 35;
const IP_ADDRESS_MAX_CHARS: usize = 45;
const NAME_MAX_CHARS: usize = 256;

/// Makes the row what it is to become. Nothing is written yet.
///
/// # Errors
/// `Invalid` at the fields that are wrong.
pub(super) async fn apply(
    tx: &mut PgConnection,
    row: &mut CheckoutRow,
    change: CheckoutChange,
    is_staff: bool,
    now: OffsetDateTime,
) -> Result<(), CheckoutError> {
    let mut errors = FieldErrors::new();
    choose(tx, row, &change, &mut errors).await?;
    discount(tx, row, change.discount.clone(), is_staff, now, &mut errors).await?;
    buyer(row, &change, &mut errors);
    let locale = change.locale.into_value(row.locale.take());
    row.locale = input::optional(&mut errors, "locale", locale.as_deref(), LOCALE_MAX_CHARS);
    if let Some(allow_trial) = change.allow_trial {
        row.allow_trial = allow_trial;
    }
    staff(row, change.staff, &mut errors);
    errors.result(()).map_err(CheckoutError::Invalid)
}

/// Product, price and seats.
async fn choose(
    tx: &mut PgConnection,
    row: &mut CheckoutRow,
    change: &CheckoutChange,
    errors: &mut FieldErrors,
) -> Result<(), CheckoutError> {
    let product_id = change.product_id.map_or(row.product_id, ProductId::as_uuid);
    let is_other = product_id != row.product_id || change.price_id.is_some();
    let mut price = quote::price(row)?;
    if is_other {
        if !row.product_ids.contains(&product_id) {
            errors.push("product_id", "not_offered");
            return Ok(());
        }
        let currency = row.currency()?;
        let found =
            catalog::price(tx, row.organization(), product_id, Some(currency), change.price_id);
        let Some(ChosenPrice { price_id, amount, .. }) = found.await? else {
            let field = if change.price_id.is_some() { "price_id" } else { "product_id" };
            errors.push(field, "not_offered");
            return Ok(());
        };
        if price_id != row.price_id {
            row.seats = None;
        }
        (row.product_id, row.price_id, price) = (product_id, price_id, amount);
    }
    seats(row, change.seats, &price, errors);
    Ok(())
}

/// As many as the price and the organization allow; the fewest of them when nobody has said.
pub(super) fn seats(
    row: &mut CheckoutRow,
    wanted: Option<i32>,
    price: &PriceAmount,
    errors: &mut FieldErrors,
) {
    let PriceAmount::SeatBased { seat_tiers } = price else {
        row.seats = None;
        if wanted.is_some() {
            errors.push("seats", "seats_not_sold");
        }
        return;
    };
    let fewest = seat_tiers.minimum_seats().max(row.min_seats.unwrap_or(1));
    let most = seat_tiers.maximum_seats().unwrap_or(CHECKOUT_SEATS_MAX);
    let most = most.min(row.max_seats.unwrap_or(CHECKOUT_SEATS_MAX)).min(CHECKOUT_SEATS_MAX);
    let seats = wanted.or(row.seats).unwrap_or(fewest);
    if seats < fewest {
        errors.push("seats", "seats_below_minimum");
    } else if seats > most {
        errors.push("seats", "seats_above_maximum");
    }
    row.seats = Some(seats);
}

async fn discount(
    tx: &mut PgConnection,
    row: &mut CheckoutRow,
    change: Change<DiscountChoice>,
    is_staff: bool,
    now: OffsetDateTime,
    errors: &mut FieldErrors,
) -> Result<(), CheckoutError> {
    let choice = match change {
        Change::Empty if is_staff || row.allow_discount_codes => {
            row.discount_id = None;
            return Ok(());
        }
        Change::Keep | Change::Empty => return Ok(()),
        Change::To(choice) => choice,
    };
    let field = match &choice {
        DiscountChoice::Id(_) => "discount_id",
        DiscountChoice::Code(_) => "discount_code",
    };
    if !is_staff && !row.allow_discount_codes {
        errors.push(field, "discount_fixed");
        return Ok(());
    }
    let (product_id, customer_id) = (row.product_id, row.customer_id);
    match catalog::discount(tx, row.organization(), &choice, product_id, customer_id, now).await {
        Ok(Some(discount_id)) => row.discount_id = Some(discount_id.as_uuid()),
        Ok(None) => errors.push(field, "discount_unknown"),
        Err(CheckoutError::Discount(_)) => errors.push(field, "discount_not_now"),
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Who buys.
fn buyer(row: &mut CheckoutRow, change: &CheckoutChange, errors: &mut FieldErrors) {
    email(row, &change.email, errors);
    let mut text = |field, now: &mut Option<String>, change: &Change<String>, max_chars| {
        if *change != Change::Keep {
            let value = change.clone().into_value(None);
            *now = input::optional(errors, field, value.as_deref(), max_chars);
        }
    };
    text("name", &mut row.customer_name, &change.name, NAME_MAX_CHARS);
    text("billing_name", &mut row.billing_name, &change.billing_name, NAME_MAX_CHARS);
    text("tax_id", &mut row.tax_id, &change.tax_id, TAX_ID_MAX_CHARS);
    if let Some(is_business) = change.is_business_customer {
        row.is_business_customer = is_business;
    }
    match &change.billing_address {
        Change::Keep => {}
        Change::Empty => row.billing_address = None,
        Change::To(address) => {
            let is_long = [&address.line1, &address.line2, &address.city, &address.state]
                .into_iter()
                .any(|text| text.chars().count() > NAME_MAX_CHARS);
            if is_long || address.postal_code.chars().count() > NAME_MAX_CHARS {
                errors.push("line1", "too_long");
            } else if let Some(country) = errors.take(Country::parse(&address.country)) {
                let country = country.code().to_owned();
                row.billing_address = Some(Json(AddressInput { country, ..address.clone() }));
            }
        }
    }
}

/// An address of somebody else means another customer, unless the organization has said who buys.
fn email(row: &mut CheckoutRow, change: &Change<String>, errors: &mut FieldErrors) {
    let wanted = match change {
        Change::Keep => return,
        Change::Empty => None,
        Change::To(text) => match errors.take(EmailAddress::parse(text)) {
            Some(email) => Some(email.as_str().to_owned()),
            None => return,
        },
    };
    let lower = |email: &Option<String>| email.as_ref().map(|email| email.to_lowercase());
    if lower(&wanted) == lower(&row.customer_email) {
        return;
    }
    if row.customer_match.as_deref() == Some(CustomerMatch::Named.as_str()) {
        errors.push("email", "email_fixed");
        return;
    }
    row.customer_email = wanted;
    (row.customer_id, row.customer_match) = (None, None);
}

fn staff(row: &mut CheckoutRow, change: StaffChange, errors: &mut FieldErrors) {
    match change.trial {
        Change::Keep => {}
        Change::Empty => (row.trial_interval, row.trial_interval_count) = (None, None),
        Change::To(trial) => {
            row.trial_interval = Some(trial.interval().as_str().to_owned());
            row.trial_interval_count = Some(i32::from(trial.count()));
        }
    }
    if let Some(metadata) = change.metadata {
        row.metadata = json!(metadata.as_map());
    }
    if let Some(metadata) = change.customer_metadata {
        row.customer_metadata = json!(metadata.as_map());
    }
    row.allow_discount_codes = change.allow_discount_codes.unwrap_or(row.allow_discount_codes);
    row.require_billing_address =
        change.require_billing_address.unwrap_or(row.require_billing_address);
    let address = change.customer_ip_address.into_value(row.customer_ip_address.take());
    row.customer_ip_address =
        input::optional(errors, "customer_ip_address", address.as_deref(), IP_ADDRESS_MAX_CHARS);
    let urls = [
        ("success_url", change.success_url, &mut row.success_url),
        ("return_url", change.return_url, &mut row.return_url),
        ("embed_origin", change.embed_origin, &mut row.embed_origin),
    ];
    for (field, change, now) in urls {
        let wanted = change.into_value(now.take());
        if wanted.as_deref().is_some_and(|url| !is_web_url(url)) {
            errors.push(field, "url_invalid");
        }
        *now = wanted;
    }
}
