//! What an order comes to: its lines, the discount and the tax on each. Renewals, quotes and the next charge all come from here,
//! so that what was quoted is what is charged.

use serde::{Deserialize, Serialize};

use crate::discount::DiscountAmount;
use crate::money::{Currency, MoneyError, round_half_away};
use crate::order::OrderTotals;
use crate::period::Period;
use crate::tax::{TaxBehavior, TaxRate};
use crate::text_enum::text_enum;

text_enum! {
    /// What a line is for; the portal has a text for each.
    OrderLineKind {
        /// The product for one period, or once.
        Plan = "plan",
        /// The product for one period, for a number of seats.
        Seats = "seats",
        /// The unused time of what was paid before a change. Negative.
        ProrationCredit = "proration_credit",
        /// The time left of what a change brought.
        ProrationDebit = "proration_debit",
        /// A credit that was larger than its order: given out of one order (positive), taken in by the next (negative).
        CarriedCredit = "carried_credit",
    }
}

impl OrderLineKind {
    /// A discount comes off what recurs; lines about a part of a period already contain theirs.
    pub const fn is_discountable(self) -> bool {
        matches!(self, Self::Plan | Self::Seats)
    }

    pub const fn is_proration(self) -> bool {
        !self.is_discountable()
    }
}

/// One line, before discount and tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    pub kind: OrderLineKind,
    /// The product's name at that time.
    pub label: String,
    /// Seats, else 1.
    pub quantity: i32,
    pub amount_minor: i64,
    /// The time it is for.
    pub period: Option<Period>,
    /// Of a change in the number of seats: from, to.
    pub seats_before: Option<i32>,
    pub seats_after: Option<i32>,
}

impl OrderLine {
    /// The product for a period.
    pub fn of_period(
        product_name: &str,
        seats: Option<i32>,
        amount_minor: i64,
        period: Option<Period>,
    ) -> Self {
        Self {
            kind: if seats.is_some() { OrderLineKind::Seats } else { OrderLineKind::Plan },
            label: product_name.to_owned(),
            quantity: seats.unwrap_or(1),
            amount_minor,
            period,
            seats_before: None,
            seats_after: None,
        }
    }
}

/// A line with its share of the discount and of the tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledLine {
    pub line: OrderLine,
    pub discount_minor: i64,
    pub tax_minor: i64,
}

/// An order's lines and sums. The lines' amounts, discounts and taxes add up to the totals exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderAmounts {
    pub lines: Vec<BilledLine>,
    pub rate: TaxRate,
    pub totals: OrderTotals,
    /// What the credits exceed the order by, before tax: it stands as a line of its own, so that the order comes to 0, and is to be
    /// carried on to the next one.
    pub carried_minor: i64,
}

/// Works out an order: the discount comes off the lines that recur, before tax; tax is computed once, on the discounted sum, and
/// shared out so that the lines add up to it. An order never comes to less than 0: what credits exceed it by is carried on.
///
/// # Errors
/// `Overflow`.
pub fn order_amounts(
    currency: Currency,
    mut lines: Vec<OrderLine>,
    discount: Option<&DiscountAmount>,
    rate: TaxRate,
    tax_behavior: TaxBehavior,
) -> Result<OrderAmounts, MoneyError> {
    let discountable = sum(lines.iter().filter(|l| l.kind.is_discountable()))?;
    let discount_minor = discount.map_or(0, |discount| discount.minor(discountable, currency));
    let taxable = sum(&lines)?.checked_sub(discount_minor).ok_or(MoneyError::Overflow)?;
    let carried_minor = taxable.saturating_neg().max(0);
    if carried_minor > 0 {
        lines.push(OrderLine {
            kind: OrderLineKind::CarriedCredit,
            label: lines.first().map(|line| line.label.clone()).unwrap_or_default(),
            quantity: 1,
            amount_minor: carried_minor,
            period: None,
            seats_before: None,
            seats_after: None,
        });
    }
    let (mut seen, mut discounted, mut taxed) = (0_i64, 0_i64, 0_i64);
    let (mut discount_so_far, mut tax_so_far) = (0_i64, 0_i64);
    let mut billed = Vec::with_capacity(lines.len());
    for line in lines {
        if line.kind.is_discountable() {
            seen += line.amount_minor;
            discount_so_far = round_half_away(
                i128::from(discount_minor) * i128::from(seen),
                i128::from(discountable),
            );
        }
        let own_discount = discount_so_far - discounted;
        discounted = discount_so_far;
        taxed += line.amount_minor - own_discount;
        let tax = rate.tax_minor(taxed, tax_behavior);
        billed.push(BilledLine { line, discount_minor: own_discount, tax_minor: tax - tax_so_far });
        tax_so_far = tax;
    }
    let amounts = billed.iter().map(|billed| billed.line.amount_minor);
    let totals = OrderTotals::of(currency, amounts, discount_minor, tax_so_far, tax_behavior)?;
    Ok(OrderAmounts { lines: billed, rate, totals, carried_minor })
}

fn sum<'a>(lines: impl IntoIterator<Item = &'a OrderLine>) -> Result<i64, MoneyError> {
    lines
        .into_iter()
        .try_fold(0_i64, |sum, line| sum.checked_add(line.amount_minor))
        .ok_or(MoneyError::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tax::TaxReason;
    use proptest::prelude::*;

    const GERMAN: TaxRate = TaxRate { rate_ppm: 190_000, reason: TaxReason::Standard };

    fn line(kind: OrderLineKind, amount_minor: i64) -> OrderLine {
        OrderLine { kind, ..OrderLine::of_period("Pro", None, amount_minor, None) }
    }

    #[test]
    fn a_discount_comes_off_what_recurs_before_tax() {
        let lines =
            vec![line(OrderLineKind::Plan, 2_900), line(OrderLineKind::ProrationDebit, 500)];
        let tenth = DiscountAmount::Percentage { basis_points: 1_000 };
        let order =
            order_amounts(Currency::EUR, lines, Some(&tenth), GERMAN, TaxBehavior::Exclusive)
                .unwrap();
        let totals = order.totals;
        assert_eq!((totals.subtotal.minor, totals.discount.minor), (3_400, 290));
        assert_eq!((totals.tax.minor, totals.total.minor), (591, 3_701));
        assert_eq!((order.lines[0].discount_minor, order.lines[1].discount_minor), (290, 0));
    }

    #[test]
    fn an_order_is_never_below_nothing() {
        let lines =
            vec![line(OrderLineKind::Plan, 1_000), line(OrderLineKind::ProrationCredit, -1_450)];
        let order =
            order_amounts(Currency::EUR, lines, None, GERMAN, TaxBehavior::Exclusive).unwrap();
        assert_eq!(
            (order.totals.total.minor, order.totals.tax.minor, order.carried_minor),
            (0, 0, 450)
        );
        assert_eq!(order.lines[2].line.kind, OrderLineKind::CarriedCredit);
    }

    proptest! {
        #[test]
        fn lines_add_up(
            amounts in prop::collection::vec((-100_000_i64..100_000, 0..3_usize), 0..6),
            basis_points in 0_i32..=10_000, rate_ppm in 0_u32..=300_000, inclusive: bool,
        ) {
            let lines = amounts.iter().map(|(amount, kind)| match kind {
                0 => line(OrderLineKind::Plan, amount.abs()),
                1 => line(OrderLineKind::ProrationCredit, -amount.abs()),
                _ => line(OrderLineKind::ProrationDebit, amount.abs()),
            }).collect();
            let behavior = if inclusive { TaxBehavior::Inclusive } else { TaxBehavior::Exclusive };
            let rate = TaxRate { rate_ppm, reason: TaxReason::Standard };
            let discount = DiscountAmount::Percentage { basis_points };
            let order = order_amounts(Currency::EUR, lines, Some(&discount), rate, behavior).unwrap();
            let totals = order.totals;
            prop_assert!(totals.total.minor >= 0 && order.carried_minor >= 0);
            prop_assert!(order.carried_minor == 0 || totals.total.minor == 0);
            prop_assert_eq!(order.lines.iter().map(|l| l.line.amount_minor).sum::<i64>(), totals.subtotal.minor);
            prop_assert_eq!(order.lines.iter().map(|l| l.discount_minor).sum::<i64>(), totals.discount.minor);
            prop_assert_eq!(order.lines.iter().map(|l| l.tax_minor).sum::<i64>(), totals.tax.minor);
            prop_assert_eq!(totals.tax.minor, rate.tax_minor(totals.subtotal.minor - totals.discount.minor, behavior));
        }
    }
}
