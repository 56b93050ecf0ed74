//! What a part of a period is worth. The part is an exact fraction of microseconds; amounts are rounded once, at the end.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::id::OrderId;
use crate::micros;
use crate::money::{Rounding, divide};
use crate::period::Period;

/// A part of a whole, exact: the time that is left of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    part: i128,
    whole: i128,
}

impl Share {
    pub const WHOLE: Self = Self { part: 1, whole: 1 };
    pub const NOTHING: Self = Self { part: 0, whole: 1 };

    /// The part of `period` that lies after `at`: all before its start, nothing from its end on.
    pub fn left_of(period: Period, at: OffsetDateTime) -> Self {
        let whole = i128::from(micros::of(period.end)) - i128::from(micros::of(period.start));
        let left = i128::from(micros::of(period.end)) - i128::from(micros::of(at));
        if whole <= 0 {
            return Self::NOTHING;
        }
        Self { part: left.clamp(0, whole), whole }
    }

    /// The share of an amount in minor units.
    pub fn of(self, amount_minor: i64, rounding: Rounding) -> i64 {
        divide(i128::from(amount_minor) * self.part, self.whole, rounding)
    }
}

/// What the time left of a product is worth, or costs: `discounted_minor` is its price for the whole period, without its discount.
pub fn plan_share(discounted_minor: i64, share: Share) -> i64 {
    share.of(discounted_minor, Rounding::HalfEven)
}

/// What the time left costs more (or less) with another number of seats.
pub fn seats_share(before_minor: i64, after_minor: i64, share: Share) -> i64 {
    share.of(after_minor - before_minor, Rounding::TowardZero)
}

/// A paid order of a subscription, as far as its money can go back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidOrder {
    pub order_id: OrderId,
    /// What the prices came to, without discounts.
    pub net_minor: i64,
    /// What was paid, tax included.
    pub total_minor: i64,
    pub tax_minor: i64,
    /// What went back or is on its way back, tax included.
    pub refunded_minor: i64,
    pub refunded_tax_minor: i64,
    /// Its prices have tax in them.
    pub is_tax_inclusive: bool,
    pub lines: Vec<PaidLine>,
}

/// A line of a paid order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidLine {
    /// Without its discount.
    pub net_minor: i64,
    pub period: Period,
    /// It is the product for one period, not a part of one.
    pub is_whole_period: bool,
}

impl PaidOrder {
    /// What the prices in it that have not gone back came to.
    pub fn net_left_minor(&self) -> i64 {
        let gone = if self.is_tax_inclusive {
            self.refunded_minor
        } else {
            self.refunded_minor - self.refunded_tax_minor
        };
        self.net_minor - gone
    }

    /// The lines about `period`. The order that begins a period may settle the one before; an order within a period may not.
    fn lines_of(&self, period: Period) -> impl Iterator<Item = &PaidLine> {
        let begins = self.lines.iter().any(|l| l.is_whole_period && l.period == period);
        self.lines.iter().filter(move |line| {
            (line.is_whole_period || !begins)
                && period.start <= line.period.start
                && line.period.end <= period.end
        })
    }

    fn refunded_net_minor(&self) -> i64 {
        self.net_minor - self.net_left_minor()
    }
}

/// What the customer has paid, or will with the next order (`waiting`), for `period` and has not got back.
pub fn paid_minor(orders: &[PaidOrder], waiting: &[PaidLine], period: Period) -> i64 {
    let paid: i64 = orders
        .iter()
        .map(|order| {
            let (mut count, mut sum) = (0_i64, 0_i64);
            for line in order.lines_of(period) {
                count += 1;
                sum += line.net_minor;
            }
            if count == 0 { 0 } else { sum - order.refunded_net_minor() }
        })
        .sum();
    paid + within(waiting, period).map(|line| line.net_minor).sum::<i64>()
}

/// The most that can be credited for what is left of `period` after `at`: what was paid for that time, and no more than what was
/// paid for the period at all and has not gone back.
pub fn creditable_minor(
    orders: &[PaidOrder],
    waiting: &[PaidLine],
    period: Period,
    at: OffsetDateTime,
) -> i64 {
    let left = |line: &PaidLine| Share::left_of(line.period, at).of(line.net_minor, Rounding::Up);
    let for_the_time: i64 = orders.iter().flat_map(|o| o.lines_of(period)).map(left).sum::<i64>()
        + within(waiting, period).map(left).sum::<i64>();
    for_the_time.min(paid_minor(orders, waiting, period)).max(0)
}

fn within(lines: &[PaidLine], period: Period) -> impl Iterator<Item = &PaidLine> {
    lines
        .iter()
        .filter(move |line| period.start <= line.period.start && line.period.end <= period.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;
    use time::macros::datetime;

    const START: OffsetDateTime = datetime!(2026-06-01 00:00 UTC);

    fn thirty_days() -> Period {
        Period { start: START, end: START + Duration::days(30) }
    }

    fn paid(net_minor: i64) -> PaidOrder {
        PaidOrder {
            order_id: uuid::Uuid::nil().into(),
            net_minor,
            total_minor: net_minor,
            tax_minor: 0,
            refunded_minor: 0,
            refunded_tax_minor: 0,
            is_tax_inclusive: false,
            lines: vec![PaidLine { net_minor, period: thirty_days(), is_whole_period: true }],
        }
    }

    /// The reference's examples: 10.00 to 20.00 with half of 30 days left; 5.00 to 20.00 after one day of 30.
    #[test]
    fn worked_examples() {
        let half = Share::left_of(thirty_days(), START + Duration::days(15));
        assert_eq!((plan_share(1_000, half), plan_share(2_000, half)), (500, 1_000));
        let after_a_day = Share::left_of(thirty_days(), START + Duration::DAY);
        let (credit, debit) = (plan_share(500, after_a_day), plan_share(2_000, after_a_day));
        assert_eq!((credit, debit, debit - credit), (483, 1_933, 1_450));
        assert_eq!(credit - debit, -1_450, "and the way down");
    }

    #[test]
    fn halves_go_to_even_for_plans_and_seats_are_cut_off() {
        let half = Share::left_of(thirty_days(), START + Duration::days(15));
        assert_eq!((plan_share(1, half), plan_share(3, half), plan_share(5, half)), (0, 2, 2));
        assert_eq!((seats_share(0, 3, half), seats_share(3, 0, half)), (1, -1));
    }

    #[test]
    fn nothing_is_left_from_the_end_on_and_all_before_the_start() {
        let period = thirty_days();
        assert_eq!(plan_share(1_000, Share::left_of(period, period.end)), 0);
        assert_eq!(plan_share(1_000, Share::left_of(period, period.end + Duration::DAY)), 0);
        assert_eq!(plan_share(1_000, Share::left_of(period, START - Duration::DAY)), 1_000);
    }

    #[test]
    fn no_more_is_credited_than_was_paid_and_not_given_back() {
        let (period, half) = (thirty_days(), START + Duration::days(15));
        assert_eq!(creditable_minor(&[paid(1_000)], &[], period, half), 500);
        assert_eq!(creditable_minor(&[], &[], period, half), 0);
        let refunded = PaidOrder { refunded_minor: 700, ..paid(1_000) };
        assert_eq!(creditable_minor(&[refunded], &[], period, half), 300);
        let waiting = PaidLine {
            net_minor: 1_000,
            period: Period { start: half, end: period.end },
            is_whole_period: false,
        };
        assert_eq!(creditable_minor(&[paid(1_000)], &[waiting], period, half), 1_500);
    }

    #[test]
    fn the_order_that_begins_a_period_may_settle_the_one_before() {
        let period = thirty_days();
        let mut order = paid(1_000);
        let before = Period { start: START, end: START + Duration::days(3) };
        order.lines.push(PaidLine { net_minor: -400, period: before, is_whole_period: false });
        assert_eq!(paid_minor(&[order], &[], period), 1_000);
    }
}
