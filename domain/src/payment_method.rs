//! A saved way to pay: what people may see of it.

use serde::{Deserialize, Serialize};
use time::{Date, Duration, Month, OffsetDateTime};

/// What a processor tells of a saved card or account. Never its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodDetails {
    /// `card`, or a processor's name of another kind, such as `sepa_debit`.
    pub kind: String,
    /// In lower case, such as `visa`.
    pub brand: Option<String>,
    /// The last four digits.
    pub last4: Option<String>,
    pub expiry: Option<CardExpiry>,
    /// Such as `apple_pay`.
    pub wallet: Option<String>,
}

/// The month through whose end a card is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CardExpiry {
    pub year: i16,
    /// 1 to 12.
    pub month: i16,
}

/// So many days before a card's end its customer is told.
pub const EXPIRY_NOTICE_DAYS: [i64; 4] = [30, 15, 7, 3];

impl CardExpiry {
    /// The first instant at which the card is no longer good: the next month's first, UTC. `None` when the month is none.
    pub fn ends_at(self) -> Option<OffsetDateTime> {
        let (year, month) = match self.month {
            12 => (i32::from(self.year) + 1, 1),
            month @ 1..=11 => (i32::from(self.year), u8::try_from(month).ok()? + 1),
            _ => return None,
        };
        let first = Date::from_calendar_date(year, Month::try_from(month).ok()?, 1).ok()?;
        Some(first.midnight().assume_utc())
    }

    /// When its customer is told next that it ends, strictly after `now`; `None` when nothing is left to tell.
    pub fn next_notice_at(self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let ends_at = self.ends_at()?;
        EXPIRY_NOTICE_DAYS
            .iter()
            .map(|days| ends_at - Duration::days(*days))
            .find(|notice_at| *notice_at > now)
    }

    /// Days that it is still good for, begun ones counted; `None` when it has ended.
    pub fn days_left(self, now: OffsetDateTime) -> Option<i64> {
        let left = self.ends_at()? - now;
        let begun = i64::from(!(left - Duration::days(left.whole_days())).is_zero());
        left.is_positive().then(|| left.whole_days() + begun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const MAY: CardExpiry = CardExpiry { year: 2026, month: 5 };

    #[test]
    fn a_card_is_good_through_its_month() {
        assert_eq!(MAY.ends_at(), Some(datetime!(2026-06-01 00:00 UTC)));
        let december = CardExpiry { year: 2026, month: 12 };
        assert_eq!(december.ends_at(), Some(datetime!(2027-01-01 00:00 UTC)));
        for month in [-1, 0, 13] {
            assert_eq!(CardExpiry { year: 2026, month }.ends_at(), None, "{month}");
        }
    }

    #[test]
    fn four_notices_each_later_than_the_one_before() {
        let mut now = datetime!(2026-01-10 12:00 UTC);
        let mut told = vec![];
        while let Some(at) = MAY.next_notice_at(now) {
            told.push(MAY.days_left(at).unwrap());
            now = at;
        }
        assert_eq!(told, EXPIRY_NOTICE_DAYS);
        assert_eq!(now, datetime!(2026-05-29 00:00 UTC));
        // Whoever was away for a while is told once, not four times.
        let late = datetime!(2026-05-20 08:00 UTC);
        assert_eq!(MAY.next_notice_at(late), Some(datetime!(2026-05-25 00:00 UTC)));
    }

    #[test]
    fn the_last_day_counts_as_one_and_then_none_is_left() {
        assert_eq!(MAY.days_left(datetime!(2026-05-31 23:59 UTC)), Some(1));
        assert_eq!(MAY.days_left(datetime!(2026-05-31 00:00 UTC)), Some(1));
        assert_eq!(MAY.days_left(datetime!(2026-05-30 23:59 UTC)), Some(2));
        assert_eq!(MAY.days_left(datetime!(2026-06-01 00:00 UTC)), None);
    }
}
