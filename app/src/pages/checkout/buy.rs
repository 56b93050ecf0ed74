//! The form of a checkout: writes down what was typed, and goes on to the card when it comes to what the button said.
#![expect(clippy::too_many_arguments, reason = "a form's command has one for each field")]

use backend::checkout::{
    self, Change, CheckoutChange, CheckoutError, ConfirmCheckout, DiscountChoice,
};
use backend::payment_method::BeginSetupError;
use backend::rate_limit::{self, CheckError, Limits};
use backend::token::{CHECKOUT_BROWSER_PREFIX, hash, new_token};
use domain::address::AddressInput;
use domain::checkout::CustomerMatch;
use domain::money::Money;
use leptos::prelude::*;
use time::Duration;

use super::{Opened, open};
use crate::error::AppError;
use crate::ssr::{
    self, CookieKind, Portal, RequestInfo, cookie_name, internal, portal, request_info, set_cookie,
};
use crate::ui::form::Done;
use crate::urls::paths;

/// Who buys needs a few tries; who tries cards or addresses needs many.
const LIMITS: Limits = Limits { per_minute: 10, per_hour: 40, wait: Duration::minutes(10) };

/// Buys by a checkout.
#[server(prefix = "/api", endpoint = "checkout/buy")]
pub async fn buy_by_checkout(
    organization: String,
    token: String,
    /// What the button said is due now, in minor units; empty when it said nothing.
    #[server(default)]
    shown_minor: String,
    #[server(default)] product_id: String,
    #[server(default)] seats: String,
    #[server(default)] email: String,
    #[server(default)] name: String,
    #[server(default)] billing_name: String,
    #[server(default)] country: String,
    #[server(default)] line1: String,
    #[server(default)] line2: String,
    #[server(default)] postal_code: String,
    #[server(default)] city: String,
    #[server(default)] state: String,
    #[server(default)] tax_id: String,
    #[server(default)] discount_code: String,
    #[server(default)] no_discount: bool,
) -> Result<Done, AppError> {
    let (portal, request) = (portal()?, request_info()?);
    let organization = ssr::organization(&organization).await?;
    let (db, now) = (&portal.db, portal.clock.now());
    rate_limit::check(db, organization.id, "checkout", &request.client, now, LIMITS)
        .await
        .map_err(|error| match error {
            CheckError::Limited(limited) => {
                AppError::RateLimited { retry_after_s: limited.retry_after_s }
            }
            CheckError::Database(_) => internal(&error),
        })?;
    let opened = open(&portal, &organization, &token).await?.ok_or(AppError::NotFound)?;
    let here = paths::checkout(&organization.slug, &token);
    let record = &opened.record;
    if record.is_charged || record.state.is_settled() {
        // The page says how it stands.
        return Ok(Done::at(here));
    }
    let address = AddressInput { line1, line2, postal_code, city, state, country };
    let is_named = record.customer_match == Some(CustomerMatch::Named);
    let change = CheckoutChange {
        product_id: chosen(&product_id, "product_id")?,
        seats: chosen(&seats, "seats")?.filter(|_| record.seats.is_some()),
        email: if is_named { Change::Keep } else { text(email) },
        name: if name.is_empty() { Change::Keep } else { text(name) },
        billing_name: if record.quote.needs_card { text(billing_name) } else { Change::Keep },
        billing_address: match record.quote.needs_card {
            true if address.country.is_empty() => {
                return Err(AppError::field("country", "required"));
            }
            true => Change::To(address),
            false => Change::Keep,
        },
        tax_id: if record.quote.needs_card { text(tax_id) } else { Change::Keep },
        discount: match discount_code.trim() {
            "" if no_discount => Change::Empty,
            "" => Change::Keep,
            code => Change::To(DiscountChoice::Code(code.to_owned())),
        },
        ..CheckoutChange::default()
    };
    let mut cx = portal.context(opened.actor.clone(), &request);
    checkout::update(db, &mut cx, organization.id, record.checkout_id, change)
        .await
        .map_err(refusal)?;
    let expected = shown_minor.parse().ok().map(|minor| Money::new(minor, record.currency));
    go_on(&portal, &request, &opened, expected, here).await
}

/// Confirms what was shown; what it comes to now is shown first when that is something else.
async fn go_on(
    portal: &Portal,
    request: &RequestInfo,
    opened: &Opened,
    expected: Option<Money>,
    here: String,
) -> Result<Done, AppError> {
    let (organization_id, checkout_id) = (opened.record.organization_id, opened.record.checkout_id);
    let mut cx = portal.context(opened.actor.clone(), request);
    checkout::check(&portal.db, &cx, organization_id, checkout_id).await.map_err(refusal)?;
    let cookie = cookie_name(&portal.urls, CookieKind::Checkout, organization_id);
    let browser = match request.cookies.get(&cookie) {
        Some(known) => known.to_owned(),
        None => new_token(CHECKOUT_BROWSER_PREFIX, &mut cx.rng).expose().to_owned(),
    };
    let Some(expected) = expected else { return Ok(Done::at(format!("{here}?done=changed"))) };
    let input = ConfirmCheckout {
        organization_id,
        checkout_id,
        expected: Some(expected),
        return_path: here.clone(),
        browser_hash: Some(hash(&browser)),
    };
    match checkout::confirm(&portal.db, &portal.processors, &mut cx, input).await {
        Ok(confirmed) => {
            set_cookie(&portal.urls, CookieKind::Checkout, organization_id, &browser);
            match confirmed.card_url {
                Some(url) => Done::leave(url),
                None => Ok(Done::at(format!("{here}?done=bought"))),
            }
        }
        Err(CheckoutError::Invalid(errors)) if errors.first("amount").is_some() => {
            Ok(Done::at(format!("{here}?done=changed")))
        }
        Err(CheckoutError::NotOpen | CheckoutError::InProgress | CheckoutError::Expired) => {
            Ok(Done::at(here))
        }
        Err(error) => Err(refusal(error)),
    }
}

fn text(typed: String) -> Change<String> {
    if typed.trim().is_empty() { Change::Empty } else { Change::To(typed) }
}

/// A choice, or none.
fn chosen<T: std::str::FromStr>(typed: &str, field: &str) -> Result<Option<T>, AppError> {
    match typed.trim() {
        "" => Ok(None),
        typed => typed.parse().map(Some).map_err(|_| AppError::field(field, "seats_invalid")),
    }
}

fn refusal(error: CheckoutError) -> AppError {
    match error {
        CheckoutError::Unknown => AppError::NotFound,
        CheckoutError::Forbidden(_) => AppError::Forbidden,
        CheckoutError::Expired | CheckoutError::NotOpen => AppError::conflict("checkout_over"),
        CheckoutError::InProgress => AppError::conflict("checkout_in_progress"),
        CheckoutError::Invalid(errors) => AppError::Invalid(errors),
        CheckoutError::Discount(_) => AppError::field("discount_code", "discount_not_now"),
        CheckoutError::NoProcessor => AppError::conflict("pay_not_charged"),
        CheckoutError::Setup(error) => match *error {
            BeginSetupError::TooManyTries { retry_after_s } => {
                AppError::RateLimited { retry_after_s }
            }
            BeginSetupError::Unavailable => AppError::conflict("pay_unavailable"),
            error => internal(&error),
        },
        error => internal(&error),
    }
}
