//! What a subscription will be charged next. The overview, the subscription's page, quotes and the renewal itself come from here.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::discount::AppliedDiscount;
use crate::money::MoneyError;
use crate::order_amounts::{OrderAmounts, OrderLine, order_amounts};
use crate::subscription::{PendingUpdate, Subscription, SubscriptionStatus};
use crate::tax::{TaxBehavior, TaxRate};

/// A charge to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextCharge {
    #[serde(with = "crate::micros")]
    pub at: OffsetDateTime,
    pub amounts: OrderAmounts,
}

/// What besides its facts decides what a subscription is charged.
#[derive(Debug, Clone, Copy)]
pub struct ChargeTerms<'a> {
    pub product_name: &'a str,
    pub pending_update: Option<&'a PendingUpdate>,
    pub discount: Option<&'a AppliedDiscount>,
    /// Parts of periods that wait for the next order.
    pub open_entries: &'a [OrderLine],
    pub rate: TaxRate,
    /// Of the price as it is; the pending update knows its own.
    pub tax_behavior: TaxBehavior,
}

/// The lines of the period that `facts` have begun: the product, then what waited. What is measured will be added here.
pub fn period_lines(
    facts: &Subscription,
    product_name: &str,
    open_entries: &[OrderLine],
) -> Vec<OrderLine> {
    let period = Some(facts.current_period);
    let plan = OrderLine::of_period(product_name, facts.seats, facts.amount.minor, period);
    std::iter::once(plan).chain(open_entries.iter().cloned()).collect()
}

/// What the period that `facts` have begun comes to.
///
/// # Errors
/// `Overflow`.
pub fn period_amounts(
    facts: &Subscription,
    terms: &ChargeTerms<'_>,
) -> Result<OrderAmounts, MoneyError> {
    let lines = period_lines(facts, terms.product_name, terms.open_entries);
    let discount = terms.discount.and_then(|it| it.for_period(facts.current_period.start));
    order_amounts(facts.amount.currency, lines, discount, terms.rate, terms.tax_behavior)
}

/// What is still to be paid when no further period begins: the parts of periods that waited. `None` when they come to nothing or
/// less; what is left of a credit then waits.
///
/// # Errors
/// `Overflow`.
pub fn closing_amounts(
    facts: &Subscription,
    terms: &ChargeTerms<'_>,
) -> Result<Option<OrderAmounts>, MoneyError> {
    let sum = terms
        .open_entries
        .iter()
        .try_fold(0_i64, |sum, line| sum.checked_add(line.amount_minor))
        .ok_or(MoneyError::Overflow)?;
    if sum <= 0 {
        return Ok(None);
    }
    let lines = terms.open_entries.to_vec();
    order_amounts(facts.amount.currency, lines, None, terms.rate, terms.tax_behavior).map(Some)
}

/// The next charge of `subscription`: when, and what the order will be. `None` when nothing will be charged as things stand: it has
/// ended, ends, pauses without a return, or is free.
///
/// # Errors
/// `Overflow`.
pub fn next_charge(
    subscription: &Subscription,
    terms: &ChargeTerms<'_>,
) -> Result<Option<NextCharge>, MoneyError> {
    let Some(at) = subscription.due_at() else { return Ok(None) };
    let mut facts = *subscription;
    let mut terms = *terms;
    if facts.cancel_at_period_end {
        return Ok(closing_amounts(&facts, &terms)?.map(|amounts| NextCharge { at, amounts }));
    }
    if facts.pause_at_period_end
        && let Some(amounts) = closing_amounts(&facts, &terms)?
    {
        return Ok(Some(NextCharge { at, amounts }));
    }
    if facts.status != SubscriptionStatus::Paused
        && let Some(update) = terms.pending_update
    {
        facts = facts.updated(update);
        terms.product_name = &update.product_name;
        terms.tax_behavior = update.tax_behavior;
    }
    let Some(begun) = facts.next_period_facts() else { return Ok(None) };
    if begun.amount.is_zero() && terms.open_entries.is_empty() {
        return Ok(None);
    }
    let amounts = period_amounts(&begun, &terms)?;
    Ok(Some(NextCharge { at: begun.current_period.start, amounts }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discount::{DiscountAmount, DiscountDuration};
    use crate::interval::RecurringInterval;
    use crate::money::{Currency, Money};
    use crate::order_amounts::OrderLineKind;
    use crate::subscription::tests::{START, canceled, ended, paused, running};
    use crate::tax::TaxReason;
    use time::macros::datetime;
    use uuid::Uuid;

    const GERMAN: TaxRate = TaxRate { rate_ppm: 190_000, reason: TaxReason::Standard };

    fn plain() -> ChargeTerms<'static> {
        ChargeTerms {
            product_name: "Team",
            pending_update: None,
            discount: None,
            open_entries: &[],
            rate: TaxRate::none(TaxReason::NotCollected),
            tax_behavior: TaxBehavior::Exclusive,
        }
    }

    fn debit(amount_minor: i64) -> OrderLine {
        let line = OrderLine::of_period("Team", None, amount_minor, None);
        OrderLine { kind: OrderLineKind::ProrationDebit, ..line }
    }

    #[test]
    fn is_what_the_renewal_will_cost() {
        let team = Subscription {
            seats: Some(12),
            amount: Money::new(24_000, Currency::EUR),
            ..running()
        };
        let charge = next_charge(&team, &plain()).unwrap().unwrap();
        assert_eq!(charge.at, team.current_period.end);
        assert_eq!(charge.amounts.totals.total, Money::new(24_000, Currency::EUR));
        let line = &charge.amounts.lines[0].line;
        assert_eq!((line.kind, line.quantity), (OrderLineKind::Seats, 12));
        assert_eq!(line.period.unwrap().start, charge.at);
        assert_eq!((line.label.as_str(), line.amount_minor), ("Team", 24_000));
        let plan = next_charge(&running(), &plain()).unwrap().unwrap();
        assert_eq!(
            (plan.amounts.lines[0].line.kind, plan.amounts.lines[0].line.quantity),
            (OrderLineKind::Plan, 1)
        );
    }

    #[test]
    fn discount_tax_waiting_parts_and_a_scheduled_change_are_in_it() {
        let discount = AppliedDiscount {
            name: "Tenth".into(),
            amount: DiscountAmount::Percentage { basis_points: 1_000 },
            duration: DiscountDuration::Forever,
            applied_at: START,
        };
        let update = PendingUpdate {
            product_id: Uuid::nil().into(),
            price_id: Uuid::nil().into(),
            product_name: "Business".into(),
            seats: None,
            amount: Money::new(5_000, Currency::EUR),
            interval: RecurringInterval::YEARLY,
            tax_behavior: TaxBehavior::Exclusive,
            applies_at: running().current_period.end,
        };
        let terms = ChargeTerms {
            pending_update: Some(&update),
            discount: Some(&discount),
            open_entries: &[debit(500)],
            rate: GERMAN,
            ..plain()
        };
        let charge = next_charge(&running(), &terms).unwrap().unwrap();
        // 5000 − 500 (a tenth of the plan only) + 500, and 19 % of it.
        assert_eq!(
            (charge.amounts.totals.discount.minor, charge.amounts.totals.tax.minor),
            (500, 950)
        );
        assert_eq!(charge.amounts.totals.total.minor, 5_950);
        let line = &charge.amounts.lines[0].line;
        assert_eq!(line.label, "Business");
        assert_eq!(line.period.unwrap().end, datetime!(2027-02-28 12:00 UTC));
    }

    #[test]
    fn a_trial_is_charged_at_its_end_and_a_pause_at_its_return() {
        let trial = Subscription { status: SubscriptionStatus::Trialing, ..running() };
        let charge = next_charge(&trial, &plain()).unwrap().unwrap();
        assert_eq!(charge.at, trial.current_period.end);
        let at = datetime!(2026-06-15 0:00 UTC);
        let scheduled = running().pause(START, Some(at)).unwrap();
        assert_eq!(next_charge(&scheduled, &plain()).unwrap().unwrap().at, at);
        let resting = Subscription { resumes_at: Some(at), ..paused() };
        let charge = next_charge(&resting, &plain()).unwrap().unwrap();
        assert_eq!((charge.at, charge.amounts.lines[0].line.period.unwrap().start), (at, at));
    }

    #[test]
    fn what_waited_is_charged_even_if_no_period_follows() {
        let terms_of = |entries| ChargeTerms { open_entries: entries, rate: GERMAN, ..plain() };
        let (owed, credit) = ([debit(700), debit(-200)], [debit(-200)]);
        for stops in [canceled(), running().pause(START, None).unwrap()] {
            let charge = next_charge(&stops, &terms_of(&owed)).unwrap().unwrap();
            assert_eq!(
                (charge.at, charge.amounts.totals.total.minor),
                (stops.current_period.end, 595)
            );
            assert_eq!(next_charge(&stops, &terms_of(&credit)), Ok(None));
        }
    }

    #[test]
    fn is_none_when_nothing_will_be_charged() {
        for none in [
            canceled(),
            ended(),
            paused(),
            running().pause(START, None).unwrap(),
            Subscription { status: SubscriptionStatus::Incomplete, ..running() },
            Subscription { amount: Money::zero(Currency::EUR), ..running() },
        ] {
            assert_eq!(next_charge(&none, &plain()), Ok(None), "{none:?}");
        }
    }
}
