//! Billing periods. All instants are UTC; months and years keep the anchor's day as far as the month has it:
//! 31 January, 28 February, 31 March.

use serde::{Deserialize, Serialize};
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, UtcOffset};

use crate::interval::{Interval, RecurringInterval};

/// From `start`, included, to `end`, excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    #[serde(with = "crate::micros")]
    pub start: OffsetDateTime,
    #[serde(with = "crate::micros")]
    pub end: OffsetDateTime,
}

impl Period {
    pub fn contains(&self, at: OffsetDateTime) -> bool {
        self.start <= at && at < self.end
    }
}

/// The instant `n` intervals after the anchor. Beyond the calendar's last year (9999) it stays at its end.
pub fn instant_after(
    anchor: OffsetDateTime,
    interval: RecurringInterval,
    n: u32,
) -> OffsetDateTime {
    let anchor = anchor.to_offset(UtcOffset::UTC);
    let units = i64::from(n) * i64::from(interval.count());
    let moved = match interval.interval() {
        Interval::Day => anchor.checked_add(Duration::days(units)),
        Interval::Week => anchor.checked_add(Duration::days(units * 7)),
        Interval::Month => add_months(anchor, units),
        Interval::Year => add_months(anchor, units * 12),
    };
    moved.unwrap_or_else(|| PrimitiveDateTime::MAX.assume_utc())
}

/// The `n`-th period from the anchor; the first one is 0.
pub fn period_after(anchor: OffsetDateTime, interval: RecurringInterval, n: u32) -> Period {
    Period {
        start: instant_after(anchor, interval, n),
        end: instant_after(anchor, interval, n.saturating_add(1)),
    }
}

/// The period that begins when the current one ends. It ends on the anchor's grid, so after a current end off the
/// grid it is shorter once and regular from then on.
pub fn next_period(
    anchor: OffsetDateTime,
    interval: RecurringInterval,
    current_end: OffsetDateTime,
) -> Period {
    let current_end = current_end.to_offset(UtcOffset::UTC);
    let mut n = periods_between(anchor, interval, current_end);
    // The estimate is at most one short: a clamped month or an hour before the anchor's.
    while instant_after(anchor, interval, n) <= current_end && n < u32::MAX {
        n += 1;
    }
    Period { start: current_end, end: instant_after(anchor, interval, n) }
}

/// A number of whole intervals from the anchor that surely does not pass `at`.
fn periods_between(anchor: OffsetDateTime, interval: RecurringInterval, at: OffsetDateTime) -> u32 {
    let units = match interval.interval() {
        Interval::Day => (at - anchor).whole_days(),
        Interval::Week => (at - anchor).whole_days() / 7,
        Interval::Month => months_between(anchor, at) - 1,
        Interval::Year => (months_between(anchor, at) - 1) / 12,
    };
    u32::try_from(units.max(0) / i64::from(interval.count())).unwrap_or(0)
}

fn months_between(from: OffsetDateTime, to: OffsetDateTime) -> i64 {
    let months = |at: OffsetDateTime| {
        let at = at.to_offset(UtcOffset::UTC);
        i64::from(at.year()) * 12 + i64::from(u8::from(at.month()))
    };
    months(to) - months(from)
}

fn add_months(anchor: OffsetDateTime, months: i64) -> Option<OffsetDateTime> {
    let total = i64::from(anchor.year()) * 12 + i64::from(u8::from(anchor.month())) - 1 + months;
    let year = i32::try_from(total.div_euclid(12)).ok()?;
    if year > Date::MAX.year() {
        return None;
    }
    let month = time::Month::try_from(u8::try_from(total.rem_euclid(12) + 1).ok()?).ok()?;
    let day = anchor.day().min(month.length(year));
    Some(anchor.replace_date(Date::from_calendar_date(year, month, day).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::macros::datetime;

    fn every(interval: Interval, count: i32) -> RecurringInterval {
        RecurringInterval::new(interval, count).unwrap()
    }

    #[test]
    fn months_keep_the_anchor_day_where_the_month_has_it() {
        let anchor = datetime!(2026-01-31 10:15:30.5 UTC);
        let ends: Vec<_> =
            (0..5).map(|n| period_after(anchor, RecurringInterval::MONTHLY, n).end).collect();
        assert_eq!(
            ends,
            [
                datetime!(2026-02-28 10:15:30.5 UTC),
                datetime!(2026-03-31 10:15:30.5 UTC),
                datetime!(2026-04-30 10:15:30.5 UTC),
                datetime!(2026-05-31 10:15:30.5 UTC),
                datetime!(2026-06-30 10:15:30.5 UTC)
            ]
        );
        // From the clamped end alone the anchor's day comes back.
        assert_eq!(
            next_period(anchor, RecurringInterval::MONTHLY, datetime!(2026-02-28 10:15:30.5 UTC))
                .end,
            datetime!(2026-03-31 10:15:30.5 UTC)
        );
    }

    #[test]
    fn a_leap_day_returns_every_fourth_year() {
        let anchor = datetime!(2024-02-29 00:00 UTC);
        let starts: Vec<_> = (1..5)
            .map(|n| period_after(anchor, RecurringInterval::YEARLY, n).start.date())
            .collect();
        assert_eq!(
            starts,
            [
                time::macros::date!(2025 - 02 - 28),
                time::macros::date!(2026 - 02 - 28),
                time::macros::date!(2027 - 02 - 28),
                time::macros::date!(2028 - 02 - 29)
            ]
        );
    }

    #[test]
    fn days_and_weeks_are_exact() {
        let anchor = datetime!(2026-03-28 23:30 UTC);
        assert_eq!(
            period_after(anchor, every(Interval::Day, 30), 1).start,
            datetime!(2026-04-27 23:30 UTC)
        );
        assert_eq!(
            period_after(anchor, every(Interval::Week, 2), 3).start,
            datetime!(2026-05-09 23:30 UTC)
        );
    }

    #[test]
    fn an_end_off_the_grid_leads_back_to_it() {
        let anchor = datetime!(2026-01-10 0:00 UTC);
        let next = next_period(anchor, RecurringInterval::MONTHLY, datetime!(2026-03-25 0:00 UTC));
        assert_eq!(
            next,
            Period { start: datetime!(2026-03-25 0:00 UTC), end: datetime!(2026-04-10 0:00 UTC) }
        );
        // A trial ends at the anchor: the first paid period is a whole one.
        assert_eq!(
            next_period(anchor, RecurringInterval::MONTHLY, anchor),
            period_after(anchor, RecurringInterval::MONTHLY, 0)
        );
    }

    #[test]
    fn the_calendar_has_an_end() {
        let last = instant_after(datetime!(2026-01-01 0:00 UTC), every(Interval::Year, 999), 1000);
        assert_eq!(last.year(), 9999);
    }

    /// Counts days on a calendar kept by hand, sharing no code with the rule.
    fn oracle_month_end(year: i32, month: u8, months: u32, day: u8) -> (i32, u8, u8) {
        let (mut year, mut month) = (year, month);
        for _ in 0..months {
            month += 1;
            if month == 13 {
                month = 1;
                year += 1;
            }
        }
        let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let length = match month {
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            _ => 31,
        };
        (year, month, day.min(length))
    }

    fn any_interval() -> impl Strategy<Value = RecurringInterval> {
        (0..4_usize, 1..=24_i32).prop_map(|(unit, count)| every(Interval::ALL[unit], count))
    }

    fn any_instant() -> impl Strategy<Value = OffsetDateTime> {
        // 2000 to 2040, to the microsecond.
        (946_684_800_i64..2_208_988_800, 0_i64..1_000_000).prop_map(|(seconds, micros)| {
            OffsetDateTime::from_unix_timestamp(seconds).unwrap() + Duration::microseconds(micros)
        })
    }

    proptest! {
        #[test]
        fn periods_neither_overlap_nor_leave_gaps_over_ten_years(anchor in any_instant(), interval in any_interval()) {
            let until = anchor + Duration::days(3653);
            let mut period = period_after(anchor, interval, 0);
            prop_assert_eq!(period.start, anchor);
            let mut n = 0;
            while period.start < until {
                prop_assert!(period.start < period.end);
                let next = next_period(anchor, interval, period.end);
                n += 1;
                prop_assert_eq!(next, period_after(anchor, interval, n), "walked and computed alike");
                prop_assert_eq!(next.start, period.end);
                period = next;
            }
        }

        #[test]
        fn months_agree_with_a_calendar_kept_by_hand(anchor in any_instant(), count in 1_u16..=24, n in 0_u32..60) {
            let at = instant_after(anchor, every(Interval::Month, i32::from(count)), n);
            let expected = oracle_month_end(anchor.year(), anchor.month().into(), n * u32::from(count), anchor.day());
            prop_assert_eq!((at.year(), u8::from(at.month()), at.day()), expected);
            prop_assert_eq!(at.time(), anchor.time());
        }

        #[test]
        fn every_instant_lies_in_the_period_that_follows_the_last_end_before_it(anchor in any_instant(), interval in any_interval(), later_s in 0_i64..300_000_000) {
            let end = anchor + Duration::seconds(later_s);
            let next = next_period(anchor, interval, end);
            prop_assert!(next.contains(end));
            // No grid point lies inside it: a period is never two at once.
            let n = (0..=4_000).find(|n| instant_after(anchor, interval, *n) > end).unwrap();
            prop_assert_eq!(next.end, instant_after(anchor, interval, n));
        }
    }
}
