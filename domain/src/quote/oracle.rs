//! Quotes against an oracle that shares no arithmetic with them: fractions of whole numbers, rounded in a way of its own, seats
//! counted one by one.

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Change, PlanTerms, QuoteFacts, QuoteRefusal, Quoted, quote};
use crate::change::{ChangeRefusal, ChangeRules, ChangeTiming, ProrationBehavior};
use crate::discount::{AppliedDiscount, DiscountAmount, DiscountDuration};
use crate::interval::{Interval, RecurringInterval};
use crate::money::{Currency, Money};
use crate::order_amounts::{OrderAmounts, OrderLine, OrderLineKind};
use crate::period::Period;
use crate::price::PriceAmount;
use crate::proration::{PaidLine, PaidOrder};
use crate::refund_policy::RefundPolicy;
use crate::seat_tiers::{SeatTier, SeatTierType, SeatTiers};
use crate::subscription::{Subscription, SubscriptionStatus};
use crate::tax::{TaxBehavior, TaxRate, TaxReason};

const CASES: usize = 100_000;

/// Chance that repeats itself (Knuth's MMIX generator).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// From `low`, included, to `high`, excluded.
    fn in_range(&mut self, low: i64, high: i64) -> i64 {
        let wide = (self.next() << 31) ^ self.next();
        low + i64::try_from(wide % u64::try_from(high - low).unwrap()).unwrap()
    }

    fn one_in(&mut self, n: i64) -> bool {
        self.in_range(0, n) == 0
    }
}

// The oracle's own arithmetic.

fn floor(n: i128, d: i128) -> i128 {
    let q = n / d;
    if n % d < 0 { q - 1 } else { q }
}

fn half_even(n: i128, d: i128) -> i128 {
    let below = floor(n, d);
    let twice = 2 * (n - below * d);
    if twice > d || (twice == d && below.rem_euclid(2) == 1) { below + 1 } else { below }
}

fn half_away(n: i128, d: i128) -> i128 {
    if n < 0 { -floor(-2 * n + d, 2 * d) } else { floor(2 * n + d, 2 * d) }
}

fn to_zero(n: i128, d: i128) -> i128 {
    if n < 0 { -floor(-n, d) } else { floor(n, d) }
}

fn price_of(price: &PriceAmount, seats: Option<i32>) -> i128 {
    match price {
        PriceAmount::Free => 0,
        PriceAmount::Fixed { amount_minor } => i128::from(*amount_minor),
        PriceAmount::SeatBased { seat_tiers } => {
            let seats = seats.unwrap();
            let rate = |seat: i32| {
                let tier = seat_tiers.tiers().iter().rev().find(|tier| tier.min_seats <= seat);
                i128::from(tier.unwrap_or(&seat_tiers.tiers()[0]).price_per_seat_minor)
            };
            (1..=seats)
                .map(|seat| match seat_tiers.tier_type() {
                    SeatTierType::Graduated => rate(seat),
                    SeatTierType::Volume => rate(seats),
                })
                .sum()
        }
    }
}

fn taken_off(discount: Option<&AppliedDiscount>, base: i128) -> i128 {
    match discount.map(|discount| &discount.amount) {
        None => 0,
        Some(DiscountAmount::Percentage { basis_points }) => {
            half_away(base * i128::from(*basis_points), 10_000)
        }
        Some(DiscountAmount::Fixed { amounts }) => i128::from(amounts[0].minor).min(base),
    }
}

fn tax_of(taxable: i128, rate: TaxRate, behavior: TaxBehavior) -> i128 {
    let ppm = i128::from(rate.rate_ppm);
    match behavior {
        TaxBehavior::Exclusive => half_away(taxable * ppm, 1_000_000),
        TaxBehavior::Inclusive => half_away(taxable * ppm, 1_000_000 + ppm),
    }
}

fn micros(duration: Duration) -> i128 {
    duration.whole_microseconds()
}

// Random facts.

fn id<T: From<Uuid>>(number: u128) -> T {
    Uuid::from_u128(number).into()
}

fn any_price(chance: &mut Chance, with_seats: bool) -> PriceAmount {
    if !with_seats {
        return match chance.in_range(0, 8) {
            0 => PriceAmount::Free,
            1 => PriceAmount::Fixed { amount_minor: chance.in_range(0, 10) },
            _ => PriceAmount::Fixed { amount_minor: chance.in_range(1, 2_000_000) },
        };
    }
    let tier_type = if chance.one_in(2) { SeatTierType::Volume } else { SeatTierType::Graduated };
    let (mut tiers, mut min_seats) = (vec![], chance.in_range(1, 3));
    for n in 0..chance.in_range(1, 4) {
        let max_seats = min_seats + chance.in_range(2, 12);
        tiers.push(SeatTier {
            min_seats: i32::try_from(min_seats).unwrap(),
            max_seats: Some(i32::try_from(max_seats).unwrap()),
            price_per_seat_minor: chance.in_range(1, 20_000 / (n + 1)),
        });
        min_seats = max_seats + 1;
    }
    tiers.last_mut().unwrap().max_seats = None;
    PriceAmount::SeatBased { seat_tiers: SeatTiers::parse(tier_type, tiers).unwrap() }
}

fn any_seats(chance: &mut Chance, price: &PriceAmount) -> Option<i32> {
    match price {
        PriceAmount::SeatBased { seat_tiers } => {
            let more = i32::try_from(chance.in_range(0, 40)).unwrap();
            Some(seat_tiers.minimum_seats() + more)
        }
        PriceAmount::Free | PriceAmount::Fixed { .. } => None,
    }
}

fn any_discount(chance: &mut Chance) -> Option<AppliedDiscount> {
    let amount = match chance.in_range(0, 4) {
        0 => DiscountAmount::Percentage {
            basis_points: i32::try_from(chance.in_range(1, 10_001)).unwrap(),
        },
        1 => DiscountAmount::Fixed {
            amounts: vec![Money::new(chance.in_range(1, 50_000), Currency::EUR)],
        },
        _ => return None,
    };
    Some(AppliedDiscount {
        name: "Welcome".into(),
        amount,
        duration: DiscountDuration::Forever,
        applied_at: OffsetDateTime::UNIX_EPOCH,
    })
}

fn any_behavior(chance: &mut Chance) -> TaxBehavior {
    if chance.one_in(3) { TaxBehavior::Inclusive } else { TaxBehavior::Exclusive }
}

fn any_interval(chance: &mut Chance) -> RecurringInterval {
    let unit = usize::try_from(chance.in_range(0, 4)).unwrap();
    let count = i32::try_from(chance.in_range(1, 4)).unwrap();
    RecurringInterval::new(Interval::ALL[unit], count).unwrap()
}

fn terms(product: u128, price: PriceAmount, seats: Option<i32>) -> PlanTerms {
    PlanTerms {
        product_id: id(product),
        price_id: id(product),
        product_name: format!("Product {product}"),
        price,
        tax_behavior: TaxBehavior::Exclusive,
        seats,
        interval: RecurringInterval::MONTHLY,
        trial: None,
    }
}

/// An active subscription somewhere in a period, whose order is paid.
fn any_facts(chance: &mut Chance) -> QuoteFacts {
    let has_seats = chance.one_in(2);
    let price = any_price(chance, has_seats);
    let seats = any_seats(chance, &price);
    let mut plan = terms(1, price, seats);
    plan.interval = any_interval(chance);
    plan.tax_behavior = any_behavior(chance);
    let start = OffsetDateTime::from_unix_timestamp(chance.in_range(1_700_000_000, 1_900_000_000))
        .unwrap()
        + Duration::microseconds(chance.in_range(0, 1_000_000));
    let length = 2 * chance.in_range(1, 20_000_000_000_000);
    // Often exactly in the middle, where halves are rounded.
    let passed = if chance.one_in(4) { length / 2 } else { chance.in_range(0, length) };
    let period = Period { start, end: start + Duration::microseconds(length) };
    let amount = i64::try_from(price_of(&plan.price, seats)).unwrap();
    let discount = any_discount(chance);
    let rate_ppm = u32::try_from(chance.in_range(0, 4) * 90_000 + chance.in_range(0, 2)).unwrap();
    let net = amount - i64::try_from(taken_off(discount.as_ref(), amount.into())).unwrap();
    let rate = TaxRate { rate_ppm, reason: TaxReason::Standard };
    let paid = paid_order(
        net,
        rate,
        plan.tax_behavior,
        vec![PaidLine { net_minor: net, period, is_whole_period: true }],
    );
    QuoteFacts {
        at: start + Duration::microseconds(passed),
        subscription: Subscription {
            status: SubscriptionStatus::Active,
            interval: plan.interval,
            billing_anchor_at: start,
            current_period: period,
            trial_end: None,
            cancel_at_period_end: false,
            canceled_at: None,
            ends_at: None,
            ended_at: None,
            pause_at_period_end: false,
            paused_at: None,
            resumes_at: None,
            past_due_at: None,
            amount: Money::new(amount, Currency::EUR),
            seats,
        },
        plan,
        scheduled: None,
        trial_start: None,
        discount,
        rate,
        rules: ChangeRules {
            plans_can_change: true,
            seats_can_change: true,
            can_cancel_now: true,
            proration: [
                ProrationBehavior::Invoice,
                ProrationBehavior::Invoice,
                ProrationBehavior::Prorate,
                ProrationBehavior::NextPeriod,
            ][usize::try_from(chance.in_range(0, 4)).unwrap()],
            downgrade_proration: None,
            refund: RefundPolicy::Prorated,
        },
        assigned_seats: 0,
        paid: if chance.one_in(10) { vec![] } else { vec![paid] },
        waiting: vec![],
        has_open_change: false,
        has_open_order: false,
        is_resubscribed: false,
    }
}

fn paid_order(net: i64, rate: TaxRate, behavior: TaxBehavior, lines: Vec<PaidLine>) -> PaidOrder {
    let tax = i64::try_from(tax_of(net.into(), rate, behavior)).unwrap();
    let is_tax_inclusive = behavior == TaxBehavior::Inclusive;
    PaidOrder {
        order_id: id(7),
        net_minor: net,
        total_minor: if is_tax_inclusive { net } else { net + tax },
        tax_minor: tax,
        refunded_minor: 0,
        refunded_tax_minor: 0,
        is_tax_inclusive,
        lines,
    }
}

/// Another number of seats, or another plan: of the same interval or not, with the same tax behavior or not.
fn any_change(chance: &mut Chance, facts: &QuoteFacts, same_terms: bool) -> (Change, PlanTerms) {
    let has_seats = facts.subscription.seats.is_some();
    if has_seats && chance.one_in(2) {
        let seats = any_seats(chance, &facts.plan.price);
        let to = PlanTerms { seats, ..facts.plan.clone() };
        return (Change::Seats { seats: seats.unwrap() }, to);
    }
    let to_seats = has_seats || chance.one_in(5);
    let price = any_price(chance, to_seats);
    let seats = any_seats(chance, &price);
    let product = facts.plan.product_id.as_uuid().as_u128() + 1;
    let mut to = terms(product, price, seats);
    to.interval = facts.plan.interval;
    to.tax_behavior = facts.plan.tax_behavior;
    if !same_terms {
        if chance.one_in(3) {
            to.interval = any_interval(chance);
        }
        if chance.one_in(5) {
            to.tax_behavior = any_behavior(chance);
        }
    }
    (Change::Plan { to: to.clone() }, to)
}

/// What the oracle expects of an order.
#[derive(Debug, PartialEq, Eq)]
struct Expected {
    lines: Vec<i128>,
    discount: i128,
    tax: i128,
    total: i128,
    carried: i128,
}

fn order(lines: Vec<i128>, discount: i128, rate: TaxRate, behavior: TaxBehavior) -> Expected {
    let sum = lines.iter().sum::<i128>() - discount;
    let carried = (-sum).max(0);
    let mut lines: Vec<i128> = lines;
    if carried > 0 {
        lines.push(carried);
    }
    let tax = tax_of(sum.max(0), rate, behavior);
    let on_top = if behavior == TaxBehavior::Exclusive { tax } else { 0 };
    Expected { lines, discount, tax, total: sum.max(0) + on_top, carried }
}

fn got(amounts: &OrderAmounts) -> Expected {
    let totals = amounts.totals;
    Expected {
        lines: amounts.lines.iter().map(|line| line.line.amount_minor.into()).collect(),
        discount: totals.discount.minor.into(),
        tax: totals.tax.minor.into(),
        total: totals.total.minor.into(),
        carried: amounts.carried_minor.into(),
    }
}

/// §4.6 of the rules, by hand: what is due now, and what waits.
fn expected(facts: &QuoteFacts, to: &PlanTerms) -> (Expected, Vec<i128>) {
    let period = facts.subscription.current_period;
    let (left, whole) = (micros(period.end - facts.at), micros(period.end - period.start));
    let discount = facts.discount.as_ref();
    let net = |base: i128| base - taken_off(discount, base);
    let old = net(price_of(&facts.plan.price, facts.plan.seats));
    let new_base = price_of(&to.price, to.seats);
    let new = net(new_base);
    // One paid order, or none: never more than what it brought for the time left.
    let paid: i128 = facts.paid.iter().map(|order| i128::from(order.net_minor)).sum();
    let most = -floor(-paid * left, whole);
    let none = order(vec![], 0, facts.rate, to.tax_behavior);
    if facts.rules.proration == ProrationBehavior::NextPeriod {
        return (none, vec![]);
    }
    if to.product_id == facts.plan.product_id {
        let delta = to_zero((new - old) * left, whole);
        let delta = if delta < 0 { -(-delta).min(most) } else { delta };
        let lines = if delta == 0 { vec![] } else { vec![delta] };
        return split(facts, to, lines);
    }
    let mut credit = half_even(old * left, whole).min(most);
    if facts.plan.tax_behavior != to.tax_behavior {
        let tax = tax_of(credit, facts.rate, facts.plan.tax_behavior);
        credit += if to.tax_behavior == TaxBehavior::Inclusive { tax } else { -tax };
    }
    let credit = (credit != 0).then_some(-credit);
    if to.interval != facts.plan.interval {
        let lines = std::iter::once(new_base).chain(credit).collect();
        return (order(lines, new_base - new, facts.rate, to.tax_behavior), vec![]);
    }
    let debit = half_even(new * left, whole);
    split(facts, to, credit.into_iter().chain((debit != 0).then_some(debit)).collect())
}

fn split(facts: &QuoteFacts, to: &PlanTerms, lines: Vec<i128>) -> (Expected, Vec<i128>) {
    let is_now =
        facts.rules.proration == ProrationBehavior::Invoice && lines.iter().sum::<i128>() > 0;
    let (now, later) = if is_now { (lines, vec![]) } else { (vec![], lines) };
    (order(now, 0, facts.rate, to.tax_behavior), later)
}

#[test]
fn a_hundred_thousand_quotes_agree_with_the_oracle() {
    let chance = &mut Chance(20_261_121);
    let (mut quoted, mut paying, mut waiting, mut carried) = (0, 0, 0, 0);
    while quoted < CASES {
        let facts = any_facts(chance);
        let (asked, to) = any_change(chance, &facts, false);
        let result = match quote(&facts, &asked) {
            Ok(quoted) => quoted.result,
            Err(QuoteRefusal::Refused(ChangeRefusal::NothingChanges)) => continue,
            Err(error) => panic!("{error:?} {facts:?} {asked:?}"),
        };
        quoted += 1;
        let (due, later) = expected(&facts, &to);
        assert_eq!(got(&result.due_now), due, "{facts:?} {asked:?}");
        let lines: Vec<i128> =
            result.on_next_invoice.iter().map(|line| line.amount_minor.into()).collect();
        assert_eq!(lines, later, "{facts:?} {asked:?}");
        assert_eq!(result.new_amount.minor, i64::try_from(price_of(&to.price, to.seats)).unwrap());
        paying += usize::from(due.total > 0);
        carried += usize::from(due.carried > 0);
        waiting += usize::from(!later.is_empty());
        credits_are_covered(&facts, &result.due_now, &result.on_next_invoice);
        next_order_agrees(&facts, &to, &result);
    }
    assert!(
        paying > CASES / 20 && waiting > CASES / 20 && carried > CASES / 100,
        "{paying} {waiting} {carried}"
    );
}

fn credits_are_covered(facts: &QuoteFacts, due: &OrderAmounts, later: &[OrderLine]) {
    let all = due.lines.iter().map(|billed| &billed.line).chain(later);
    let credits: i64 = all
        .filter(|line| line.kind == OrderLineKind::ProrationCredit)
        .map(|line| -line.amount_minor)
        .sum();
    // In the order's own terms: with tax or without it.
    let paid = facts.paid.iter().map(|o| o.net_minor.max(o.total_minor)).sum::<i64>();
    assert!(credits <= paid, "{credits} of {paid}");
}

/// The order after the change: the new plan for a whole period, its discount, and what waits.
fn next_order_agrees(facts: &QuoteFacts, to: &PlanTerms, result: &super::QuoteResult) {
    let base = price_of(&to.price, to.seats);
    let waits = result.on_next_invoice.iter().map(|line| i128::from(line.amount_minor));
    let carried = result.due_now.carried_minor;
    let waits: Vec<i128> = waits.chain((carried > 0).then_some(-i128::from(carried))).collect();
    let Some(next) = &result.next_charge else {
        assert!(base == 0 && waits.is_empty());
        return;
    };
    let lines = std::iter::once(base).chain(waits).collect();
    let off = taken_off(facts.discount.as_ref(), base);
    assert_eq!(got(&next.amounts), order(lines, off, facts.rate, to.tax_behavior));
    if result.timing == ChangeTiming::NextPeriod {
        assert_eq!(next.at, result.takes_effect_at);
    }
}

/// The facts after a change within the period, paid if it was charged.
fn after(facts: &QuoteFacts, to: &PlanTerms, quoted: &Quoted, later: OffsetDateTime) -> QuoteFacts {
    let mut facts = facts.clone();
    let due = &quoted.result.due_now;
    if !due.lines.is_empty() {
        let lines =
            due.lines.iter().filter(|billed| billed.line.kind != OrderLineKind::CarriedCredit);
        let lines = lines
            .map(|billed| PaidLine {
                net_minor: billed.line.amount_minor,
                period: billed.line.period.unwrap(),
                is_whole_period: false,
            })
            .collect();
        facts
            .paid
            .insert(0, paid_order(due.totals.subtotal.minor, facts.rate, to.tax_behavior, lines));
        facts.waiting.clear();
    }
    facts.waiting.extend(quoted.result.on_next_invoice.iter().cloned());
    let new = quoted.terms.as_ref().unwrap();
    facts.plan = PlanTerms { seats: new.seats, ..to.clone() };
    facts.subscription.seats = new.seats;
    facts.subscription.amount = new.amount;
    facts.at = later;
    facts
}

/// However often plan and seats change within a period: what is charged for it, waiting lines included, is what was used of each, to
/// one minor unit (and the tax on it) for each change; the tax of each order is rounded on its own.
#[test]
fn no_sequence_of_changes_earns_the_customer_anything() {
    let chance = &mut Chance(42);
    let mut done = 0_usize;
    while done < 30_000 {
        let mut facts = any_facts(chance);
        let period = facts.subscription.current_period;
        let whole = micros(period.end - period.start);
        let (rate, behavior) = (facts.rate, facts.plan.tax_behavior);
        let net = |facts: &QuoteFacts| {
            let base = i128::from(facts.subscription.amount.minor);
            base - taken_off(facts.discount.as_ref(), base)
        };
        if facts.paid.is_empty() {
            continue;
        }
        // What was used, in minor units times microseconds.
        let (mut used, mut since, mut n) = (0_i128, period.start, 0_i128);
        for _ in 0..chance.in_range(1, 9) {
            facts.rules.proration = if chance.one_in(2) {
                ProrationBehavior::Invoice
            } else {
                ProrationBehavior::Prorate
            };
            let (asked, to) = any_change(chance, &facts, true);
            let Ok(quoted) = quote(&facts, &asked) else { continue };
            used += net(&facts) * micros(facts.at - since);
            since = facts.at;
            n += 1;
            let left = i64::try_from(micros(period.end - facts.at)).unwrap();
            let later = facts.at + Duration::microseconds(chance.in_range(0, left));
            facts = after(&facts, &to, &quoted, later);
        }
        used += net(&facts) * micros(period.end - since);
        done += usize::try_from(n).unwrap();
        let waiting: i128 = facts.waiting.iter().map(|line| i128::from(line.amount_minor)).sum();
        let paid: i128 = facts.paid.iter().map(|order| i128::from(order.net_minor)).sum();
        assert!(
            (paid + waiting) * whole >= used - n * whole,
            "earned: {paid} {waiting} {n} {facts:?}"
        );
        assert!(
            (paid + waiting) * whole <= used + 2 * n * whole,
            "overcharged: {paid} {waiting} {n}"
        );
        if behavior == TaxBehavior::Exclusive {
            let gross: i128 = facts.paid.iter().map(|order| i128::from(order.total_minor)).sum();
            let gross = gross + waiting + tax_of(waiting, rate, behavior);
            let ppm = i128::from(rate.rate_ppm);
            let orders = i128::try_from(facts.paid.len()).unwrap() + 1;
            // Twice, and in millionths, so that the halves of the orders' taxes are whole.
            let least = 2 * (used - n * whole) * (1_000_000 + ppm) - orders * whole * 1_000_000;
            assert!(2 * gross * whole * 1_000_000 >= least, "earned with tax: {gross} {n}");
        }
    }
}
