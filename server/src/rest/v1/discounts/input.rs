//! A discount's amount and duration in a body.

use std::collections::BTreeMap;

use domain::{
    discount::{DiscountAmount, DiscountDuration},
    field_errors::FieldErrors,
    money::{Currency, Money},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// How a discount takes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiscountKind {
    Fixed,
    Percentage,
}

/// For how long it takes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DurationKind {
    Once,
    Forever,
    Repeating,
}

/// What a fixed discount takes off, in a body.
pub(super) struct FixedInput {
    pub amount: Option<i64>,
    pub currency: Option<Currency>,
    pub amounts: Option<BTreeMap<String, i64>>,
}

impl FixedInput {
    /// `amounts`, or else `amount` in `currency` (dollars when missing).
    pub(super) fn checked(self, errors: &mut FieldErrors) -> Option<DiscountAmount> {
        let amounts = match (self.amounts, self.amount) {
            (Some(amounts), _) => {
                let mut checked = Vec::with_capacity(amounts.len());
                for (currency, minor) in amounts {
                    let parsed = Currency::parse(&currency);
                    let parsed = parsed.map_err(|error| error.at(format!("amounts.{currency}")));
                    if let Some(currency) = errors.take(parsed) {
                        checked.push(Money::new(minor, currency));
                    }
                }
                checked
            }
            (None, Some(minor)) => vec![Money::new(minor, self.currency.unwrap_or(Currency::USD))],
            (None, None) => {
                errors.push("amount", "required");
                return None;
            }
        };
        Some(DiscountAmount::Fixed { amounts })
    }
}

/// `duration_in_months` goes with `repeating` only.
pub(super) fn duration_of(
    errors: &mut FieldErrors,
    kind: DurationKind,
    months: Option<i32>,
) -> Option<DiscountDuration> {
    match (kind, months) {
        (DurationKind::Repeating, Some(months)) => Some(DiscountDuration::Repeating { months }),
        (DurationKind::Repeating, None) => {
            errors.push("duration_in_months", "required");
            None
        }
        (DurationKind::Once, _) => Some(DiscountDuration::Once),
        (DurationKind::Forever, _) => Some(DiscountDuration::Forever),
    }
}
