//! What many operations of the organization check in the same way.

use domain::{field_errors::FieldErrors, id::OrganizationId};
use serde_json::Value;

use super::error::{ApiError, Issue};

/// An `organization_id` in a body can only be the caller's own.
///
/// # Errors
/// 422 at `organization_id`.
pub fn own_organization(
    given: Option<OrganizationId>,
    own: OrganizationId,
) -> Result<(), ApiError> {
    if given.is_none_or(|given| given == own) {
        return Ok(());
    }
    let msg = "The token belongs to another organization.";
    Err(ApiError::Invalid(vec![Issue::body("value_error", "organization_id", msg)]))
}

/// The refusals of a command at their places in the body; `on_wire` says how a field is called there. Dots lead into lists and objects.
pub fn field_issues(errors: &FieldErrors, on_wire: impl Fn(&str) -> String) -> ApiError {
    let issue = |field: &str, code: &str| {
        let step = |step: &str| match step.parse::<u32>() {
            Ok(index) => Value::from(index),
            Err(_) => Value::from(step),
        };
        let kind = match code {
            "required" => "missing",
            "too_short" => "string_too_short",
            "too_long" => "string_too_long",
            _ => "value_error",
        };
        let field = on_wire(field);
        let loc = std::iter::once("body".into()).chain(field.split('.').map(step)).collect();
        Issue { kind, loc, msg: sentence(code), input: Value::Null }
    };
    ApiError::Invalid(errors.iter().map(|error| issue(&error.field, &error.code)).collect())
}

fn sentence(code: &str) -> String {
    let known = match code {
        "required" => "A value is needed.",
        "too_short" => "This is too short.",
        "too_long" => "This is too long.",
        "too_many" => "There are too many.",
        "amount_range" => "The amount is out of range.",
        "currency_twice" => "Each currency can have one only.",
        "currency_unknown" => "There is no such currency.",
        "price_unknown" => "The product is not sold at such a price.",
        "product_unknown" => "There is no such product.",
        "benefit_twice" => "The same benefit is named twice.",
        "in_the_past" => "This is in the past.",
        "code_taken" => "Another discount has this code.",
        "code_invalid" => "A code has 3 to 256 letters and digits.",
        "ends_before_start" => "The end must be after the start.",
        "trial_needs_subscription" => "Only what is sold as a subscription can have a trial.",
        "seat_tiers_gap" => "Each tier must begin where the one before it ends.",
        "seat_tiers_range" => "A tier ends after it begins, within 1 to 100,000 seats.",
        "seat_tiers_open_end" => "Only the last tier can be without end.",
        "seat_tiers_price_range" => "The price per seat is out of range.",
        "scope_not_held" => "A token cannot give what it has not itself.",
        "discount_in_use" => {
            "Somebody has this discount: how much it takes off and for how long stays."
        }
        "it_cannot_change" => "This cannot change.",
        "it_cannot_be_changed_here" => "This cannot be changed here: leave it as it is.",
        "grace_days_range" => "Say 0 to 60 days.",
        "basis_points_range" => "Say 1 to 10,000 basis points.",
        "duration_range" => "Say 1 to 999 months.",
        "at_least_1" => "This must be at least 1.",
        "custom_prices_are_not_there_yet" => "Customers cannot choose the amount yet.",
        "metered_prices_are_not_there_yet" => "Usage cannot be charged yet.",
        "url_invalid" => "This is no http or https address.",
        _ => return format!("This is refused: {}.", code.replace('_', " ")),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_stand_at_their_place() {
        let errors = FieldErrors::one("prices.2.currency", "currency_twice");
        let issues = field_issues(&errors, |field| field.replace("currency", "price_currency"));
        let ApiError::Invalid(issues) = issues else { panic!("{issues:?}") };
        let loc: Vec<Value> =
            vec!["body".into(), "prices".into(), 2.into(), "price_currency".into()];
        assert_eq!(issues[0].loc, loc);
        assert_eq!(issues[0].msg, "Each currency can have one only.");
    }
}
