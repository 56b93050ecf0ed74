//! Beginning a checkout.

use domain::address::{Address, AddressInput};
use domain::checkout::{CHECKOUT_EXPIRES_AFTER, CHECKOUT_PRODUCTS_MAX, CHECKOUT_SEATS_MAX};
use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{CheckoutId, CustomerId, OrganizationId, ProductId};
use domain::money::Currency;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::catalog::{self, ChosenPrice};
use super::change::{self, CheckoutChange, apply};
use super::error::CheckoutError;
use super::quote::work_out;
use super::row;
use super::store;
use crate::api_session::Whom;
use crate::context::Context;
use crate::event;

/// A checkout to begin.
#[derive(Debug, Clone)]
pub struct CreateCheckout {
    pub organization_id: OrganizationId,
    /// The first one is chosen to begin with.
    pub product_ids: Vec<ProductId>,
    /// The currency of the prices; that of the first product's newest price when missing.
    pub currency: Option<Currency>,
    /// Who buys. Nobody yet with an external id that no customer has: whoever is made then gets it.
    pub customer: Option<Whom<CustomerId>>,
    pub min_seats: Option<i32>,
    pub max_seats: Option<i32>,
    /// All that can be changed later, too.
    pub details: CheckoutChange,
}

/// Begins a checkout, which lives for a day.
///
/// # Errors
/// `Invalid` at the fields that are wrong: `products`, `customer_id` and those of [`CheckoutError`].
pub async fn create(
    db: &PgPool,
    cx: &mut Context,
    input: CreateCheckout,
) -> Result<CheckoutId, CheckoutError> {
    let organization_id = input.organization_id;
    cx.actor.staff(organization_id)?;
    check_bounds(&input)?;
    let mut tx = db.begin().await?;
    let price = offered(&mut tx, &input).await?;
    let checkout_id: CheckoutId = cx.new_id();
    let products: Vec<Uuid> = input.product_ids.iter().map(|id| id.as_uuid()).collect();
    sqlx::query!(
        "insert into checkout
            (organization_id, checkout_id, state, product_ids, product_id, price_id, currency, min_seats, max_seats, created_at, expires_at,
             due_at)
         values ($1, $2, 'open', $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        organization_id.as_uuid(),
        checkout_id.as_uuid(),
        &products,
        products[0],
        price.price_id,
        price.currency,
        input.min_seats,
        input.max_seats,
        cx.now,
        cx.now + CHECKOUT_EXPIRES_AFTER,
    )
    .execute(&mut *tx)
    .await?;
    if let Some(customer) = &input.customer {
        name_customer(&mut tx, organization_id, checkout_id, customer).await?;
    }
    let unknown = || CheckoutError::Unknown;
    let mut row = row::lock(&mut tx, organization_id, checkout_id).await?.ok_or_else(unknown)?;
    let mut errors = FieldErrors::new();
    if input.details.seats.is_none() {
        change::seats(&mut row, None, &price.amount, &mut errors);
    }
    errors.result(()).map_err(CheckoutError::Invalid)?;
    apply(&mut tx, &mut row, input.details, true, cx.now).await?;
    store::write_new(&mut tx, &row).await?;
    let row = row::read(&mut tx, organization_id, checkout_id).await?.ok_or_else(unknown)?;
    work_out(&row, cx.now)?;
    store::record(&mut tx, cx, &row, EventType::CheckoutCreated).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &checkout_id).await?;
    Ok(checkout_id)
}

fn check_bounds(input: &CreateCheckout) -> Result<(), CheckoutError> {
    let mut errors = FieldErrors::new();
    match input.product_ids.len() {
        0 => errors.push("products", "required"),
        1..=CHECKOUT_PRODUCTS_MAX => {}
        _ => errors.push("products", "too_many"),
    }
    let range = 1..=CHECKOUT_SEATS_MAX;
    for (field, seats) in [("min_seats", input.min_seats), ("max_seats", input.max_seats)] {
        if seats.is_some_and(|seats| !range.contains(&seats)) {
            errors.push(field, "seats_range");
        }
    }
    if input.min_seats.zip(input.max_seats).is_some_and(|(min, max)| min > max) {
        errors.push("max_seats", "seats_range");
    }
    errors.result(()).map_err(CheckoutError::Invalid)
}

/// Each product has a price in the one currency; answers that of the first.
async fn offered(
    tx: &mut PgConnection,
    input: &CreateCheckout,
) -> Result<ChosenPrice, CheckoutError> {
    let (mut currency, mut first) = (input.currency, None);
    for product_id in &input.product_ids {
        let id = product_id.as_uuid();
        let found = catalog::price(tx, input.organization_id, id, currency, None).await?;
        let price = found.ok_or_else(|| CheckoutError::invalid("products", "not_offered"))?;
        currency = Currency::parse(&price.currency).ok();
        first.get_or_insert(price);
    }
    first.ok_or_else(|| CheckoutError::invalid("products", "required"))
}

/// Writes down who buys, with what is known of him.
async fn name_customer(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    checkout_id: CheckoutId,
    whom: &Whom<CustomerId>,
) -> Result<(), CheckoutError> {
    let (id, external_id) = match whom {
        Whom::Id(id) => (Some(id.as_uuid()), None),
        Whom::External(id) => (None, Some(id.as_str())),
    };
    let found = sqlx::query!(
        r#"select customer_id, email, name, billing_name, company, billing_address as "address: Json<Address>", tax_id, locale
         from customer
         where organization_id = $1 and deleted_at is null and (customer_id = $2 or external_id = $3)"#,
        organization_id.as_uuid(),
        id,
        external_id,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if id.is_some() && found.is_none() {
        return Err(CheckoutError::invalid("customer_id", "unknown"));
    }
    if external_id.is_some_and(|id| id.is_empty() || id.chars().count() > 256) {
        return Err(CheckoutError::invalid("external_customer_id", "too_long"));
    }
    let address = found.as_ref().and_then(|found| found.address.clone());
    let address = address.map(|Json(address)| Json(AddressInput::from(address)));
    sqlx::query!(
        "update checkout
         set customer_id = $3, customer_match = $4, external_customer_id = $5, customer_email = $6, customer_name = $7, billing_name = $8,
            billing_address = $9, tax_id = $10, locale = $11
         where organization_id = $1 and checkout_id = $2",
        organization_id.as_uuid(),
        checkout_id.as_uuid(),
        found.as_ref().map(|found| found.customer_id),
        found.as_ref().map(|_| "named"),
        external_id,
        found.as_ref().map(|found| found.email.clone()),
        found.as_ref().and_then(|found| found.name.clone()),
        found.as_ref().and_then(|found| found.billing_name.clone().or(found.company.clone())),
        address as _,
        found.as_ref().and_then(|found| found.tax_id.clone()),
        found.as_ref().and_then(|found| found.locale.clone()),
    )
    .execute(tx)
    .await?;
    Ok(())
}
