//! How often something recurs.

use serde::{Deserialize, Serialize};

use crate::field_errors::FieldError;
use crate::text_enum::text_enum;

text_enum! {
    /// The unit in which a subscription recurs.
    Interval {
        Day = "day",
        Week = "week",
        Month = "month",
        Year = "year",
    }
}

pub const INTERVAL_COUNT_MAX: u16 = 999;

/// Every `count` days, weeks, months or years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct RecurringInterval {
    interval: Interval,
    count: u16,
}

#[derive(Serialize, Deserialize)]
struct Raw {
    interval: Interval,
    count: i32,
}

impl RecurringInterval {
    pub const MONTHLY: Self = Self { interval: Interval::Month, count: 1 };
    pub const YEARLY: Self = Self { interval: Interval::Year, count: 1 };

    /// # Errors
    /// On `interval_count`: `interval_count_range` when not between 1 and 999.
    pub fn new(interval: Interval, count: i32) -> Result<Self, FieldError> {
        match u16::try_from(count) {
            Ok(count) if (1..=INTERVAL_COUNT_MAX).contains(&count) => Ok(Self { interval, count }),
            _ => Err(FieldError::new("interval_count", "interval_count_range")),
        }
    }

    pub const fn interval(self) -> Interval {
        self.interval
    }

    pub const fn count(self) -> u16 {
        self.count
    }
}

impl TryFrom<Raw> for RecurringInterval {
    type Error = FieldError;

    fn try_from(raw: Raw) -> Result<Self, FieldError> {
        Self::new(raw.interval, raw.count)
    }
}

impl From<RecurringInterval> for Raw {
    fn from(interval: RecurringInterval) -> Self {
        Self { interval: interval.interval, count: interval.count.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_one_to_999() {
        for count in [1, 3, 999] {
            assert_eq!(
                i32::from(RecurringInterval::new(Interval::Month, count).unwrap().count()),
                count
            );
        }
        for count in [0, -1, 1000, i32::MAX] {
            assert_eq!(
                RecurringInterval::new(Interval::Day, count).unwrap_err().code,
                "interval_count_range"
            );
        }
        assert!(
            serde_json::from_str::<RecurringInterval>(r#"{"interval":"month","count":0}"#).is_err()
        );
        assert_eq!(
            serde_json::to_string(&RecurringInterval::YEARLY).unwrap(),
            r#"{"interval":"year","count":1}"#
        );
    }

    #[test]
    fn every_interval_reads_back() {
        for interval in Interval::ALL {
            assert_eq!(Interval::parse(interval.as_str()), Some(*interval));
        }
        assert_eq!(Interval::parse("fortnight"), None);
    }
}
