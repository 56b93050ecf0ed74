//! What the commands on discounts check.

use domain::discount::{DiscountAmount, DiscountDuration, RedemptionTerms, is_code};
use domain::field_errors::FieldErrors;
use domain::money::Money;
use domain::price::AMOUNT_MAX_MINOR;

use crate::input;

const NAME_MAX_CHARS: usize = 128;
const CURRENCIES_MAX: usize = 200;
const PRODUCTS_MAX: usize = 500;

/// The name, cleaned. Codes: `required`, `too_long`.
pub(super) fn name(errors: &mut FieldErrors, text: &str) -> String {
    input::named(errors, "name", text, 1, NAME_MAX_CHARS)
}

/// The code, trimmed; none when empty. Code: `code_invalid`.
pub(super) fn code(errors: &mut FieldErrors, text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if !is_code(text) {
        errors.push("code", "code_invalid");
    }
    Some(text.to_owned())
}

/// Codes: `basis_points_range` at `basis_points`; `required`, `too_many`, `amount_range`, `currency_twice` at `amounts`.
pub(super) fn amount(errors: &mut FieldErrors, amount: &DiscountAmount) {
    match amount {
        DiscountAmount::Percentage { basis_points } => {
            if !(1..=10_000).contains(basis_points) {
                errors.push("basis_points", "basis_points_range");
            }
        }
        DiscountAmount::Fixed { amounts } => check_amounts(errors, amounts),
    }
}

/// Code: `duration_range` at `duration_in_months`.
pub(super) fn duration(errors: &mut FieldErrors, duration: DiscountDuration) {
    if let DiscountDuration::Repeating { months } = duration
        && !(1..=999).contains(&months)
    {
        errors.push("duration_in_months", "duration_range");
    }
}

/// Codes: `ends_before_start` at `ends_at`, `at_least_1` at the limits, `too_many` at `products`.
pub(super) fn terms(errors: &mut FieldErrors, terms: &RedemptionTerms) {
    if terms.starts_at.zip(terms.ends_at).is_some_and(|(start, end)| end <= start) {
        errors.push("ends_at", "ends_before_start");
    }
    for (field, max) in [
        ("max_redemptions", terms.max_redemptions),
        ("max_redemptions_per_customer", terms.max_redemptions_per_customer),
    ] {
        if max.is_some_and(|max| max < 1) {
            errors.push(field, "at_least_1");
        }
    }
    if terms.product_ids.len() > PRODUCTS_MAX {
        errors.push("products", "too_many");
    }
}

fn check_amounts(errors: &mut FieldErrors, amounts: &[Money]) {
    if amounts.is_empty() {
        errors.push("amounts", "required");
    }
    if amounts.len() > CURRENCIES_MAX {
        errors.push("amounts", "too_many");
    }
    if amounts.iter().any(|amount| !(1..=AMOUNT_MAX_MINOR).contains(&amount.minor)) {
        errors.push("amounts", "amount_range");
    }
    let mut currencies: Vec<_> = amounts.iter().map(|amount| amount.currency).collect();
    currencies.sort_unstable();
    if currencies.windows(2).any(|pair| pair[0] == pair[1]) {
        errors.push("amounts", "currency_twice");
    }
}
