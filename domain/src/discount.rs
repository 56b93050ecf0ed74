//! Discounts: how much comes off, and for how long.

mod redemption;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::interval::{Interval, RecurringInterval};
use crate::money::{Currency, Money, round_half_away};
use crate::period::instant_after;

pub use redemption::{REDEMPTIONS_MAX, RedemptionRefusal, RedemptionTerms, is_code};

/// How much comes off the lines that can be discounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DiscountAmount {
    /// In basis points: 2,500 is a quarter.
    Percentage { basis_points: i32 },
    /// An amount for each currency in which it can be used.
    Fixed { amounts: Vec<Money> },
}

impl DiscountAmount {
    /// What comes off `base_minor`: a percentage rounds half away from zero, a fixed amount is at most the base and nothing in
    /// a currency it does not name. Nothing comes off nothing.
    pub fn minor(&self, base_minor: i64, currency: Currency) -> i64 {
        if base_minor <= 0 {
            return 0;
        }
        match self {
            Self::Percentage { basis_points } => {
                round_half_away(i128::from(base_minor) * i128::from(*basis_points), 10_000)
            }
            Self::Fixed { amounts } => amounts
                .iter()
                .find(|amount| amount.currency == currency)
                .map_or(0, |amount| amount.minor.clamp(0, base_minor)),
        }
    }
}

/// For how long a discount lasts, counted from the start of the first period it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "duration", rename_all = "snake_case")]
pub enum DiscountDuration {
    /// The first charged period only.
    Once,
    /// The periods that begin within so many months.
    Repeating {
        months: i32,
    },
    Forever,
}

impl DiscountDuration {
    /// Whether it covers a period that starts at `period_start`. `applied_at` is the start of the first charged period: of a
    /// subscription with a trial, the trial's end. Repeating for N months ends with the period that starts after
    /// `applied_at` and N − 1 months.
    pub fn covers(self, applied_at: OffsetDateTime, period_start: OffsetDateTime) -> bool {
        match self {
            Self::Forever => true,
            Self::Once => period_start <= applied_at,
            Self::Repeating { months } => {
                let more = u32::try_from(months - 1).unwrap_or(0);
                let Ok(month) = RecurringInterval::new(Interval::Month, 1) else { return false };
                period_start <= instant_after(applied_at, month, more)
            }
        }
    }
}

/// A discount that was given to a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppliedDiscount {
    pub name: String,
    pub amount: DiscountAmount,
    pub duration: DiscountDuration,
    #[serde(with = "crate::micros")]
    pub applied_at: OffsetDateTime,
}

impl AppliedDiscount {
    /// The amount for a period that starts at `period_start`; `None` when it no longer covers it.
    pub fn for_period(&self, period_start: OffsetDateTime) -> Option<&DiscountAmount> {
        self.duration.covers(self.applied_at, period_start).then_some(&self.amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn amounts_are_rounded_and_capped() {
        let half = DiscountAmount::Percentage { basis_points: 5_000 };
        assert_eq!(half.minor(2_901, Currency::EUR), 1_451);
        assert_eq!(half.minor(-2_901, Currency::EUR), 0);
        let ten = DiscountAmount::Fixed { amounts: vec![Money::new(1_000, Currency::EUR)] };
        assert_eq!(ten.minor(2_900, Currency::EUR), 1_000);
        assert_eq!(ten.minor(900, Currency::EUR), 900);
        assert_eq!(ten.minor(900, Currency::USD), 0, "not in this currency");
    }

    #[test]
    fn durations_count_from_the_first_charged_period() {
        let applied_at = datetime!(2026-01-31 12:00 UTC);
        let covered = |duration: DiscountDuration| {
            [
                datetime!(2026-01-31 12:00 UTC),
                datetime!(2026-02-28 12:00 UTC),
                datetime!(2026-03-31 12:00 UTC),
                datetime!(2026-04-30 12:00 UTC),
            ]
            .map(|start| duration.covers(applied_at, start))
        };
        assert_eq!(covered(DiscountDuration::Once), [true, false, false, false]);
        assert_eq!(covered(DiscountDuration::Repeating { months: 3 }), [true, true, true, false]);
        assert_eq!(covered(DiscountDuration::Forever), [true; 4]);
    }
}
