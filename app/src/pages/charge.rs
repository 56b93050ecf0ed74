//! What a charge is made of, in the reader's words: quotes, the next charge and orders say it alike.

use domain::format;
use domain::locale::Locale;
use domain::money::{Currency, Money};
use domain::order::OrderTotals;
use domain::order_amounts::{OrderAmounts, OrderLine, OrderLineKind};
use domain::period::Period;
use domain::tax::{TaxBehavior, TaxRate, TaxReason};

use crate::ssr::local;
use crate::text::Text;
use crate::ui::charge_lines::ChargeLine;
use crate::ui::sheet::Charge;

/// An order's lines and sums. `zone` is the reader's time zone; `total` names the sum.
pub(crate) fn charge_of(t: Text, zone: &str, amounts: &OrderAmounts, total: &str) -> Charge {
    let currency = amounts.totals.total.currency;
    let lines = amounts.lines.iter().map(|billed| line(t, zone, &billed.line, currency)).collect();
    charge(t, lines, &amounts.totals, amounts.rate, total)
}

/// Lines that are in words already, and their sums.
pub(crate) fn charge(
    t: Text,
    lines: Vec<ChargeLine>,
    totals: &OrderTotals,
    rate: TaxRate,
    total: &str,
) -> Charge {
    let discount = totals.discount;
    let mut parts = Vec::new();
    if !discount.is_zero() || !totals.tax.is_zero() {
        parts.push((t.charge_subtotal().to_owned(), totals.subtotal));
    }
    if !discount.is_zero() {
        let off = Money::new(-discount.minor, discount.currency);
        parts.push((t.charge_discount().to_owned(), off));
    }
    let mut note = None;
    if rate.reason == TaxReason::AddressMissing && !totals.subtotal.is_zero() {
        // An amount beside it would say that it is known.
        note = Some(t.quote_tax_address_missing().to_owned());
    }
    parts.extend(tax(t, totals, rate));
    Charge { note, lines, parts, total: (total.to_owned(), totals.total) }
}

/// The same with the sentence when it is due, before what is said of it already.
pub(crate) fn due(due: String, charge: Charge) -> Charge {
    let note = match charge.note {
        Some(note) => format!("{due} · {note}"),
        None => due,
    };
    Charge { note: Some(note), ..charge }
}

/// The tax with its rate; where there is none for a reason that concerns the buyer, the reason.
fn tax(t: Text, totals: &OrderTotals, rate: TaxRate) -> Option<(String, Money)> {
    let percent = percent(rate.rate_ppm, t.locale());
    let label = match rate.reason {
        _ if !totals.tax.is_zero() => match totals.tax_behavior {
            TaxBehavior::Exclusive => t.quote_tax_rate(&percent),
            TaxBehavior::Inclusive => t.quote_tax_included(&percent),
        },
        _ if totals.subtotal.is_zero() => return None,
        TaxReason::ReverseCharge => t.quote_tax_reverse_charge().to_owned(),
        TaxReason::CustomerExempt => t.quote_tax_customer_exempt().to_owned(),
        TaxReason::AddressMissing | TaxReason::Standard | TaxReason::NotCollected => return None,
    };
    Some((label, totals.tax))
}

/// One line: what for, for how many and which time, how much.
pub(crate) fn line(t: Text, zone: &str, line: &OrderLine, currency: Currency) -> ChargeLine {
    let plan = line.label.as_str();
    let seats = line.seats_before.zip(line.seats_after).filter(|(before, after)| before != after);
    let label = match (line.kind, seats) {
        (OrderLineKind::Plan | OrderLineKind::Seats, _) => plan.to_owned(),
        (OrderLineKind::ProrationCredit | OrderLineKind::ProrationDebit, Some((before, after))) => {
            let count = |seats: i32| format::count(seats.into(), t.locale());
            t.quote_line_seats(plan, &count(before), &count(after))
        }
        (OrderLineKind::ProrationCredit, None) => t.quote_line_credit(plan),
        (OrderLineKind::ProrationDebit, None) => t.quote_line_debit(plan),
        (OrderLineKind::CarriedCredit, _) if line.amount_minor < 0 => {
            t.quote_line_carried_in().to_owned()
        }
        (OrderLineKind::CarriedCredit, _) => t.quote_line_carried_out().to_owned(),
    };
    let mut details = Vec::new();
    if line.kind == OrderLineKind::Seats {
        details.push(t.charge_seats(line.quantity.into()));
    }
    if let Some(period) = line.period.filter(|_| line.kind != OrderLineKind::CarriedCredit) {
        details.push(range(t, zone, period));
    }
    ChargeLine {
        label,
        detail: (!details.is_empty()).then(|| details.join(" · ")),
        amount: Money::new(line.amount_minor, currency),
    }
}

/// "1 May 2026 to 1 June 2026".
pub(crate) fn range(t: Text, zone: &str, period: Period) -> String {
    let day = |at| format::date(local(at, zone).date, t.locale());
    t.order_period_range(&day(period.start), &day(period.end))
}

/// Parts per million as percent, without needless zeros: "19", "5.5", in German "5,5".
fn percent(ppm: u32, locale: Locale) -> String {
    let mark = if locale == Locale::De { ',' } else { '.' };
    let fraction = format!("{:04}", ppm % 10_000);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() {
        (ppm / 10_000).to_string()
    } else {
        format!("{}{mark}{fraction}", ppm / 10_000)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_rate_is_said_without_needless_zeros() {
        assert_eq!(percent(190_000, Locale::En), "19");
        assert_eq!(percent(55_000, Locale::En), "5.5");
        assert_eq!(percent(77_500, Locale::De), "7,75");
        assert_eq!(percent(0, Locale::De), "0");
    }

    #[test]
    fn a_tax_that_is_not_known_has_no_amount() {
        let euro = |minor| Money::new(minor, Currency::EUR);
        let totals = OrderTotals {
            subtotal: euro(1_000),
            discount: euro(0),
            tax: euro(0),
            tax_behavior: TaxBehavior::Exclusive,
            total: euro(1_000),
        };
        let rate = TaxRate::none(TaxReason::AddressMissing);
        let said = charge(Text::of(Locale::En), vec![], &totals, rate, "Total");
        assert_eq!((said.parts, said.total), (vec![], ("Total".to_owned(), euro(1_000))));
        assert_eq!(said.note.as_deref(), Some("Tax: not known without your address"));
        let rate = TaxRate::none(TaxReason::ReverseCharge);
        let said = charge(Text::of(Locale::En), vec![], &totals, rate, "Total");
        assert_eq!((said.parts.len(), said.note), (1, None));
    }

    #[test]
    fn every_kind_of_line_says_what_it_is_for_in_both_languages() {
        let period =
            Period { start: datetime!(2026-05-01 0:00 UTC), end: datetime!(2026-06-01 0:00 UTC) };
        for locale in Locale::ALL {
            let t = Text::of(locale);
            let say = |kind, amount_minor| {
                let plain = OrderLine::of_period("Pro", None, amount_minor, Some(period));
                line(t, "UTC", &OrderLine { kind, ..plain }, Currency::EUR).label
            };
            let mut labels: Vec<String> = [
                (OrderLineKind::Plan, 100),
                (OrderLineKind::ProrationCredit, -100),
                (OrderLineKind::ProrationDebit, 100),
                (OrderLineKind::CarriedCredit, 100),
                (OrderLineKind::CarriedCredit, -100),
            ]
            .map(|(kind, amount_minor)| say(kind, amount_minor))
            .into();
            labels.sort();
            labels.dedup();
            assert_eq!(labels.len(), 5);
        }
    }

    #[test]
    fn the_seats_of_a_change_stand_in_its_line() {
        let change = OrderLine {
            kind: OrderLineKind::ProrationDebit,
            seats_before: Some(5),
            seats_after: Some(8),
            ..OrderLine::of_period("Team", None, 1_234, None)
        };
        let said = line(Text::of(Locale::En), "UTC", &change, Currency::EUR);
        assert_eq!(said.label, "Team, 5 to 8 seats");
    }
}
