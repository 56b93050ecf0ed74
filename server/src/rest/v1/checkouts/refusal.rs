//! What the API's clients read when a checkout is refused.

use axum::http::StatusCode;
use backend::{checkout::CheckoutError, payment_method::BeginSetupError};
use domain::{
    discount::RedemptionRefusal,
    field_errors::{FieldError, FieldErrors},
};
use serde_json::Value;

use crate::rest::error::{ApiError, Issue};

pub(super) fn refused(error: CheckoutError) -> ApiError {
    match error {
        CheckoutError::Unknown => ApiError::not_found(),
        CheckoutError::Forbidden(_) => ApiError::unauthorized(),
        CheckoutError::Expired => ApiError::typed(
            StatusCode::GONE,
            "ExpiredCheckoutError",
            "This checkout has expired: make another one.",
        ),
        CheckoutError::NotOpen => ApiError::typed(
            StatusCode::FORBIDDEN,
            "NotOpenCheckout",
            "This checkout is not open any more.",
        ),
        CheckoutError::InProgress => ApiError::typed(
            StatusCode::CONFLICT,
            "CheckoutLocked",
            "A payment of this checkout is under way: ask again in a moment.",
        ),
        CheckoutError::Invalid(errors) => invalid(&errors),
        CheckoutError::Discount(
            RedemptionRefusal::UsedUp | RedemptionRefusal::UsedUpByCustomer,
        ) => ApiError::typed(
            StatusCode::FORBIDDEN,
            "DiscountRedemptionLimitReached",
            "The discount was redeemed as often as it may be.",
        ),
        CheckoutError::Discount(refusal) => ApiError::Invalid(vec![Issue::body(
            "value_error",
            "discount_code",
            refusal.to_string(),
        )]),
        CheckoutError::NoProcessor => ApiError::typed(
            StatusCode::FORBIDDEN,
            "PaymentNotReady",
            "The organization cannot take payments yet.",
        ),
        CheckoutError::Setup(error) => match *error {
            BeginSetupError::TooManyTries { retry_after_s } => {
                ApiError::RateLimited { retry_after_s }
            }
            BeginSetupError::Unavailable => ApiError::typed(
                StatusCode::BAD_REQUEST,
                "PaymentError",
                "The payment processor cannot be reached: ask again in a moment.",
            ),
            error => ApiError::internal("the card of a checkout could not be asked for", &error),
        },
        error => ApiError::internal("a checkout could not be carried on", &error),
    }
}

fn invalid(errors: &FieldErrors) -> ApiError {
    ApiError::Invalid(errors.0.iter().map(issue).collect())
}

/// The mistake at its place in the body.
fn issue(error: &FieldError) -> Issue {
    let path: &[&str] = match error.field.as_str() {
        "email" => &["customer_email"],
        "name" => &["customer_name"],
        "billing_name" => &["customer_billing_name"],
        "tax_id" => &["customer_tax_id"],
        "price_id" => &["product_price_id"],
        "country" => &["customer_billing_address", "country"],
        "line1" => &["customer_billing_address", "line1"],
        "line2" => &["customer_billing_address", "line2"],
        "postal_code" => &["customer_billing_address", "postal_code"],
        "city" => &["customer_billing_address", "city"],
        "state" => &["customer_billing_address", "state"],
        field => &[field],
    };
    let kind = if error.code == "required" { "missing" } else { "value_error" };
    let mut issue = Issue::body(kind, path[0], sentence(&error.code));
    issue.loc.extend(path[1..].iter().map(|step| Value::from(*step)));
    issue
}

fn sentence(code: &str) -> String {
    match code {
        "required" => "This is needed.".to_owned(),
        "not_offered" => {
            "This is not sold again and again, not on sale, or not in that currency.".to_owned()
        }
        "discount_unknown" => "There is no such discount.".to_owned(),
        "discount_not_now" => "This discount cannot be had for this product now.".to_owned(),
        "discount_fixed" => "This checkout takes no other discount.".to_owned(),
        "email_fixed" => "This checkout is for a customer whose address is known.".to_owned(),
        "seats_not_sold" => "This price is not per seat.".to_owned(),
        "unknown" => "Customer does not exist.".to_owned(),
        "url_invalid" => "This is no http or https address.".to_owned(),
        code => format!("This is refused: {}.", code.replace('_', " ")),
    }
}
