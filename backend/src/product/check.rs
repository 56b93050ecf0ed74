//! What the commands on products check.

use std::collections::HashSet;

use domain::field_errors::FieldErrors;
use domain::money::Currency;

use crate::input;
use crate::price::NewPrice;

const NAME_CHARS: (usize, usize) = (3, 64);
const DESCRIPTION_MAX_CHARS: usize = 4_000;
/// More currencies than anybody sells in.
const PRICES_MAX: usize = 200;

/// The name, cleaned. Codes: `required`, `too_short`, `too_long`.
pub(super) fn name(errors: &mut FieldErrors, text: &str) -> String {
    input::named(errors, "name", text, NAME_CHARS.0, NAME_CHARS.1)
}

/// The description, cleaned; nothing when empty. Code: `too_long`.
pub(super) fn description(errors: &mut FieldErrors, text: Option<&str>) -> Option<String> {
    let text = text.map(|text| text.replace('\0', ""));
    input::optional(errors, "description", text.as_deref(), DESCRIPTION_MAX_CHARS)
}

/// At most one price for each currency, those that stay included. Codes: `too_many` at `prices`, `currency_twice` at
/// `prices.<place>.price_currency`.
pub(super) fn check_prices(errors: &mut FieldErrors, prices: &[&NewPrice], staying: &[Currency]) {
    if prices.len() + staying.len() > PRICES_MAX {
        errors.push("prices", "too_many");
    }
    let mut seen: HashSet<Currency> = staying.iter().copied().collect();
    if seen.len() < staying.len() {
        errors.push("prices", "currency_twice");
    }
    for (place, price) in prices.iter().enumerate() {
        if !seen.insert(price.currency) {
            errors.push(format!("prices.{place}.price_currency"), "currency_twice");
        }
    }
}
