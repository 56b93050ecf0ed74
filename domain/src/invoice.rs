//! An order as it was invoiced: who sold what to whom, frozen.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::address::Address;
use crate::micros;
use crate::money::Currency;
use crate::order::OrderTotals;
use crate::order_amounts::OrderLineKind;
use crate::period::Period;
use crate::tax::{TaxBehavior, TaxRate, TaxReason};

/// The version of snapshots made today; older ones stay as they are and must stay readable.
pub const SNAPSHOT_VERSION: u16 = 1;

/// A seller or a buyer, as Art. 226 of Directive 2006/112/EC asks: full name, address and VAT number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceParty {
    pub name: String,
    /// The company the name acts for; stands above it.
    pub company: Option<String>,
    pub address: Address,
    pub tax_id: Option<String>,
    pub email: Option<String>,
}

/// A line as it was ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLine {
    pub kind: OrderLineKind,
    pub label: String,
    /// Seats, else 1.
    pub quantity: i32,
    pub amount_minor: i64,
    pub discount_minor: i64,
    pub tax_minor: i64,
    pub tax_rate: TaxRate,
    /// The time it is for.
    pub period: Option<Period>,
    pub seats_before: Option<i32>,
    pub seats_after: Option<i32>,
}

impl InvoiceLine {
    /// What the line comes to without tax, after discount.
    pub fn net_minor(&self, behavior: TaxBehavior) -> i64 {
        let discounted = self.amount_minor - self.discount_minor;
        match behavior {
            TaxBehavior::Exclusive => discounted,
            TaxBehavior::Inclusive => discounted - self.tax_minor,
        }
    }
}

/// What lines of one rate and reason come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxSum {
    pub tax_rate: TaxRate,
    /// Without tax, after discount.
    pub net_minor: i64,
    pub tax_minor: i64,
}

/// What stands on an invoice. Written once, never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceSnapshot {
    pub version: u16,
    pub seller: InvoiceParty,
    pub buyer: InvoiceParty,
    pub currency: Currency,
    #[serde(with = "micros")]
    pub ordered_at: OffsetDateTime,
    /// The seller's: in it the invoice's dates are told.
    pub time_zone: String,
    pub lines: Vec<InvoiceLine>,
    pub totals: OrderTotals,
    /// The sums per rate and reason, highest rate first.
    pub taxes: Vec<TaxSum>,
}

/// The sums per rate and reason (Art. 226 no. 8 to 11a), highest rate first. They add up to the lines.
pub fn tax_sums(lines: &[InvoiceLine], behavior: TaxBehavior) -> Vec<TaxSum> {
    let mut sums: Vec<TaxSum> = Vec::new();
    for line in lines {
        let net_minor = line.net_minor(behavior);
        match sums.iter_mut().find(|sum| sum.tax_rate == line.tax_rate) {
            Some(sum) => {
                sum.net_minor += net_minor;
                sum.tax_minor += line.tax_minor;
            }
            None => {
                sums.push(TaxSum { tax_rate: line.tax_rate, net_minor, tax_minor: line.tax_minor });
            }
        }
    }
    sums.sort_by_key(|sum| std::cmp::Reverse(sum.tax_rate.rate_ppm));
    sums
}

/// The number of an invoice: the seller, the series, and the place in it, of at least four digits.
pub fn invoice_number(slug: &str, series_code: &str, place: i32) -> String {
    format!("{}-{series_code}-{place:04}", slug.to_ascii_uppercase())
}

/// Must an invoice say more than the rate (Art. 226 no. 11 and 11a)? The portal has a text for each reason.
pub const fn needs_words(reason: TaxReason) -> bool {
    !matches!(reason, TaxReason::Standard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order_amounts::{OrderLine, order_amounts};
    use proptest::prelude::*;

    fn line(amount_minor: i64, tax_minor: i64, tax_rate: TaxRate) -> InvoiceLine {
        InvoiceLine {
            kind: OrderLineKind::Plan,
            label: "Pro".into(),
            quantity: 1,
            amount_minor,
            discount_minor: 0,
            tax_minor,
            tax_rate,
            period: None,
            seats_before: None,
            seats_after: None,
        }
    }

    #[test]
    fn lines_of_one_rate_are_summed() {
        let german = TaxRate { rate_ppm: 190_000, reason: TaxReason::Standard };
        let none = TaxRate::none(TaxReason::ReverseCharge);
        let lines = [line(500, 0, none), line(1000, 190, german), line(-200, -38, german)];
        let sums = tax_sums(&lines, TaxBehavior::Exclusive);
        assert_eq!(
            sums,
            [
                TaxSum { tax_rate: german, net_minor: 800, tax_minor: 152 },
                TaxSum { tax_rate: none, net_minor: 500, tax_minor: 0 },
            ]
        );
        let included = tax_sums(&[line(1190, 190, german)], TaxBehavior::Inclusive);
        assert_eq!((included[0].net_minor, included[0].tax_minor), (1000, 190));
    }

    #[test]
    fn numbers_have_four_digits_and_more_when_needed() {
        assert_eq!(invoice_number("acme", "ABCDEFGH", 7), "ACME-ABCDEFGH-0007");
        assert_eq!(invoice_number("acme", "ABCDEFGH", 12_345), "ACME-ABCDEFGH-12345");
        assert!(needs_words(TaxReason::ReverseCharge) && !needs_words(TaxReason::Standard));
    }

    proptest! {
        #[test]
        fn sums_add_up_to_the_order(amounts in prop::collection::vec(0_i64..1_000_000, 1..6), rate_ppm in 0_u32..=300_000, inclusive: bool) {
            let behavior = if inclusive { TaxBehavior::Inclusive } else { TaxBehavior::Exclusive };
            let rate = TaxRate { rate_ppm, reason: TaxReason::Standard };
            let ordered = amounts.iter().map(|amount| OrderLine::of_period("Pro", None, *amount, None)).collect();
            let order = order_amounts(Currency::EUR, ordered, None, rate, behavior).unwrap();
            let lines: Vec<_> = order.lines.iter().map(|l| line(l.line.amount_minor, l.tax_minor, rate)).collect();
            let sums = tax_sums(&lines, behavior);
            prop_assert_eq!(sums.len(), 1);
            prop_assert_eq!(sums[0].net_minor + sums[0].tax_minor, order.totals.total.minor);
            prop_assert_eq!(sums[0].tax_minor, order.totals.tax.minor);
        }
    }
}
