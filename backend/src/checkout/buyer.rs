//! Who buys by a checkout: checked, found or made.

use domain::address::Address;
use domain::checkout::CustomerMatch;
use domain::customer_type::CustomerType;
use domain::email::EmailAddress;
use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{CustomerId, OrganizationId};
use domain::locale::Locale;
use domain::tax_id::TaxId;
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::error::CheckoutError;
use super::row::CheckoutRow;
use crate::context::Context;
use crate::customer::{self, Customer};
use crate::error::{DatabaseError, violated_constraint};
use crate::event::{self, NewEvent};

/// What a purchase needs to know of its buyer.
pub(super) struct Buyer {
    pub email: EmailAddress,
    pub name: Option<String>,
    /// Where something is charged.
    pub billing: Option<Billing>,
}

pub(super) struct Billing {
    pub name: String,
    pub address: Address,
    pub tax_id: Option<String>,
}

/// Reads the buyer in the row. Whoever is charged says where the invoice goes.
///
/// # Errors
/// `Invalid` at `email`, `billing_name`, `tax_id` and the fields of the address.
pub(super) fn checked(row: &CheckoutRow, is_charged: bool) -> Result<Buyer, CheckoutError> {
    let mut errors = FieldErrors::new();
    let email = if let Some(email) = &row.customer_email {
        errors.take(EmailAddress::parse(email))
    } else {
        errors.push("email", "required");
        None
    };
    let billing = if is_charged { billing(row, &mut errors) } else { None };
    let name = row.customer_name.clone().or_else(|| row.billing_name.clone());
    match (email, errors.is_empty()) {
        (Some(email), true) => Ok(Buyer { email, name, billing }),
        _ => Err(CheckoutError::Invalid(errors)),
    }
}

fn billing(row: &CheckoutRow, errors: &mut FieldErrors) -> Option<Billing> {
    let name = row.billing_name.clone().or_else(|| row.customer_name.clone());
    if name.is_none() {
        errors.push("billing_name", "required");
    }
    let typed = row.billing_address.as_ref().map(|address| address.0.clone()).unwrap_or_default();
    let address = Address::parse(&typed).map_err(|wrong| errors.0.extend(wrong.0)).ok();
    let country = domain::country::Country::parse(&typed.country).ok();
    let tax_id = country
        .zip(row.tax_id.as_deref())
        .and_then(|(country, raw)| errors.take(TaxId::parse(country, raw)))
        .map(|tax_id| tax_id.number);
    Some(Billing { name: name?, address: address?, tax_id })
}

/// The customer whom a checkout would be for, if there is one, its row locked.
pub(super) async fn lock_customer(
    tx: &mut PgConnection,
    row: &CheckoutRow,
) -> Result<Option<CustomerId>, CheckoutError> {
    let id = sqlx::query_scalar!(
        "select customer_id from customer
         where organization_id = $1 and deleted_at is null
            and case when $2::uuid is null then lower(email) = lower($3) else customer_id = $2 end
         for no key update",
        row.organization_id,
        row.customer_id,
        row.customer_email,
    )
    .fetch_optional(tx)
    .await?;
    Ok(id.map(Into::into))
}

/// The customer in `found`, or a new one; billing details are written where whoever buys may say so.
pub(super) async fn resolve(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &CheckoutRow,
    buyer: &Buyer,
    found: Option<CustomerId>,
) -> Result<(CustomerId, CustomerMatch), CheckoutError> {
    let (customer_id, matched) = match (found, row.customer_match()?) {
        (Some(customer_id), Some(matched)) => (customer_id, matched),
        (Some(customer_id), None) => (customer_id, CustomerMatch::ByEmail),
        (None, _) => (make(tx, cx, row, buyer).await?, CustomerMatch::Created),
    };
    if let Some(billing) = &buyer.billing {
        write_billing(tx, cx, row.organization(), customer_id, matched, billing).await?;
    }
    Ok((customer_id, matched))
}

/// A customer with its owner. Whoever buys seats is a team.
async fn make(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &CheckoutRow,
    buyer: &Buyer,
) -> Result<CustomerId, CheckoutError> {
    let customer = Customer {
        organization_id: row.organization(),
        id: cx.new_id(),
        external_id: row.external_customer_id.clone(),
        customer_type: match row.seats {
            Some(_) => CustomerType::Team,
            None => CustomerType::Individual,
        },
        email: buyer.email.clone(),
        name: buyer.name.clone(),
        locale: row.locale.as_deref().and_then(Locale::from_tag),
        time_zone: None,
        created_at: cx.now,
    };
    let owner = customer::Owner {
        member_id: cx.new_id(),
        email: &buyer.email,
        name: buyer.name.as_deref(),
        external_id: None,
        metadata: &row.customer_metadata,
    };
    let made = customer::write(tx, cx, &customer, &owner, &customer::Billing::default()).await;
    made.map_err(|error| match violated_constraint(&error.0) {
        // Somebody made it in this very moment: the next try finds it.
        Some("customer_email_key" | "customer_external_id_key") => CheckoutError::InProgress,
        _ => error.into(),
    })?;
    Ok(customer.id)
}

/// Writes where the invoices go. Of a customer whose address was only typed nothing is replaced: it may be somebody else's.
async fn write_billing(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    matched: CustomerMatch,
    billing: &Billing,
) -> Result<(), DatabaseError> {
    let written = sqlx::query!(
        "update customer set billing_name = $3, billing_address = $4, tax_id = $5, modified_at = $6
         where organization_id = $1 and customer_id = $2 and (billing_address is null or $7)
            and (billing_name, billing_address, tax_id) is distinct from ($3, $4, $5)",
        organization_id.as_uuid(),
        customer_id.as_uuid(),
        billing.name,
        Json(&billing.address) as _,
        billing.tax_id,
        cx.now,
        matched.is_proven(),
    )
    .execute(&mut *tx)
    .await?;
    if written.rows_affected() == 0 {
        return Ok(());
    }
    let updated = NewEvent {
        organization_id,
        event_type: EventType::CustomerBillingUpdated,
        subject_kind: "customer",
        subject_id: customer_id.into(),
        customer_id: Some(customer_id),
        snapshot: json!({ "by_checkout": true }),
    };
    event::record(tx, cx, updated).await?;
    Ok(())
}
