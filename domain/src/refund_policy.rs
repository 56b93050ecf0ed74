//! What goes back to a customer who ends a subscription at once.

use serde::{Deserialize, Serialize};

use crate::field_errors::FieldError;

/// The longest time, in days, in which all of the money can go back (the table says the same).
pub const FULL_WITHIN_DAYS_MAX: i32 = 366;

/// What an organization gives back when a subscription is ended within its period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "refund_policy", rename_all = "snake_case")]
pub enum RefundPolicy {
    None,
    /// The part of the period that is left.
    Prorated,
    /// All that was paid for the period when it began at most so many days ago; later nothing.
    FullWithinDays {
        days: i32,
    },
}

impl RefundPolicy {
    /// The text in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Prorated => "prorated",
            Self::FullWithinDays { .. } => "full_within_days",
        }
    }

    /// The days of the table's second column.
    pub const fn days(self) -> Option<i32> {
        match self {
            Self::FullWithinDays { days } => Some(days),
            Self::None | Self::Prorated => None,
        }
    }

    /// Reads the two columns of the table.
    ///
    /// # Errors
    /// On `refund_policy`: `refund_policy_unknown`; on `refund_full_within_days`: `refund_days_range` (1 to 366, given exactly
    /// for `full_within_days`).
    pub fn parse(policy: &str, days: Option<i32>) -> Result<Self, FieldError> {
        match (policy, days) {
            ("none", None) => Ok(Self::None),
            ("prorated", None) => Ok(Self::Prorated),
            ("full_within_days", Some(days)) if (1..=FULL_WITHIN_DAYS_MAX).contains(&days) => {
                Ok(Self::FullWithinDays { days })
            }
            ("none" | "prorated" | "full_within_days", _) => {
                Err(FieldError::new("refund_full_within_days", "refund_days_range"))
            }
            _ => Err(FieldError::new("refund_policy", "refund_policy_unknown")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_reads_back_from_its_columns() {
        for policy in
            [RefundPolicy::None, RefundPolicy::Prorated, RefundPolicy::FullWithinDays { days: 14 }]
        {
            assert_eq!(RefundPolicy::parse(policy.as_str(), policy.days()), Ok(policy));
        }
        for (policy, days, code) in [
            ("none", Some(1), "refund_days_range"),
            ("full_within_days", None, "refund_days_range"),
            ("full_within_days", Some(0), "refund_days_range"),
            ("full_within_days", Some(367), "refund_days_range"),
            ("all", None, "refund_policy_unknown"),
        ] {
            assert_eq!(RefundPolicy::parse(policy, days).unwrap_err().code, code, "{policy}");
        }
    }
}
