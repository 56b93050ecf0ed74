//! A change in the middle of a period that goes on: what is left of the old is credited, what is left of the new is billed.

use super::facts::{PlanTerms, QuoteFacts, QuoteRefusal};
use super::next::{self, Course};
use super::result::{NewTerms, QuoteResult, Quoted};
use super::work_out::{expires_at, scheduled_terms, still_scheduled};
use crate::change::{ChangeRefusal, ChangeTiming, ProrationBehavior};
use crate::money::Money;
use crate::order_amounts::{OrderLine, OrderLineKind, order_amounts};
use crate::period::Period;
use crate::proration::{Share, creditable_minor, plan_share, seats_share};
use crate::tax::{TaxBehavior, TaxRate};

pub(super) fn change(
    facts: &QuoteFacts,
    to: &PlanTerms,
    behavior: ProrationBehavior,
) -> Result<Quoted, QuoteRefusal> {
    let subscription = &facts.subscription;
    let currency = subscription.amount.currency;
    let new_amount = Money::new(to.amount_minor()?, currency);
    let own = if to.product_id == facts.plan.product_id {
        seat_lines(facts, to, new_amount.minor)?
    } else {
        plan_lines(facts, to, new_amount.minor)?
    };
    let sum = own.iter().chain(&facts.waiting).map(|line| i128::from(line.amount_minor)).sum();
    let is_billed_now = behavior == ProrationBehavior::Invoice && 0_i128 < sum;
    let waiting = || facts.waiting.iter().cloned();
    let (due, on_next_invoice, waiting) = if is_billed_now {
        (own.into_iter().chain(waiting()).collect(), vec![], vec![])
    } else {
        // The next order has the oldest first.
        (vec![], own.clone(), waiting().chain(own).collect())
    };
    let due_now = order_amounts(currency, due, None, facts.rate, to.tax_behavior)?;
    let scheduled = still_scheduled(facts, to);
    let next_charge = next::charge(facts, &Course::of(facts), to, scheduled.as_ref(), waiting)?;
    Ok(Quoted {
        result: QuoteResult {
            timing: ChangeTiming::Now,
            product_name: to.product_name.clone(),
            seats: to.seats,
            new_amount,
            new_interval: to.interval,
            due_now,
            on_next_invoice,
            refund: None,
            takes_effect_at: facts.at,
            next_charge,
        },
        terms: Some(NewTerms {
            product_id: to.product_id,
            price_id: to.price_id,
            seats: to.seats,
            amount: new_amount,
            interval: to.interval,
            status: subscription.status,
            current_period: subscription.current_period,
            billing_anchor_at: subscription.billing_anchor_at,
            trial_end: subscription.trial_end,
            begins_period: false,
        }),
        scheduled: scheduled
            .map(|s| scheduled_terms(facts, to, &s, subscription.current_period.end)),
        expires_at: expires_at(facts),
    })
}

/// What the time left of the present plan is worth in an order of `to`; none when it is worth nothing.
pub(super) fn credit_line(
    facts: &QuoteFacts,
    to: &PlanTerms,
) -> Result<Option<OrderLine>, ChangeRefusal> {
    let subscription = &facts.subscription;
    let period = subscription.current_period;
    let discounted = facts.discounted_minor(subscription.amount.minor, period.start);
    let credit = plan_share(discounted, Share::left_of(period, facts.at));
    let credit = capped(facts, credit)?;
    let credit = in_behavior(credit, facts.rate, facts.plan.tax_behavior, to.tax_behavior);
    if credit == 0 {
        return Ok(None);
    }
    let line = part(facts, OrderLineKind::ProrationCredit, &facts.plan.product_name);
    Ok(Some(OrderLine { amount_minor: -credit, ..line }))
}

fn plan_lines(
    facts: &QuoteFacts,
    to: &PlanTerms,
    new_amount_minor: i64,
) -> Result<Vec<OrderLine>, ChangeRefusal> {
    let period = facts.subscription.current_period;
    let discounted = facts.discounted_minor(new_amount_minor, period.start);
    let debit = plan_share(discounted, Share::left_of(period, facts.at));
    let line = part(facts, OrderLineKind::ProrationDebit, &to.product_name);
    let debit = (debit != 0).then_some(OrderLine { amount_minor: debit, ..line });
    Ok(credit_line(facts, to)?.into_iter().chain(debit).collect())
}

fn seat_lines(
    facts: &QuoteFacts,
    to: &PlanTerms,
    new_amount_minor: i64,
) -> Result<Vec<OrderLine>, ChangeRefusal> {
    let subscription = &facts.subscription;
    let period = subscription.current_period;
    let before = facts.discounted_minor(subscription.amount.minor, period.start);
    let after = facts.discounted_minor(new_amount_minor, period.start);
    let amount = seats_share(before, after, Share::left_of(period, facts.at));
    let (kind, amount_minor) = if amount < 0 {
        (OrderLineKind::ProrationCredit, -capped(facts, -amount)?)
    } else {
        (OrderLineKind::ProrationDebit, amount)
    };
    if amount_minor == 0 {
        return Ok(vec![]);
    }
    Ok(vec![OrderLine {
        amount_minor,
        seats_before: subscription.seats,
        seats_after: to.seats,
        ..part(facts, kind, &to.product_name)
    }])
}

/// A credit, no larger than what was paid. While an order is open nobody knows what will have been paid.
fn capped(facts: &QuoteFacts, credit_minor: i64) -> Result<i64, ChangeRefusal> {
    if credit_minor <= 0 {
        return Ok(0);
    }
    if facts.has_open_order {
        return Err(ChangeRefusal::OrderOpen);
    }
    let period = facts.subscription.current_period;
    let most = creditable_minor(&facts.paid, &facts.waiting_parts(), period, facts.at);
    Ok(credit_minor.min(most))
}

/// A line for the time left of the period, without its amount.
fn part(facts: &QuoteFacts, kind: OrderLineKind, name: &str) -> OrderLine {
    OrderLine {
        kind,
        label: name.to_owned(),
        quantity: 1,
        amount_minor: 0,
        period: Some(Period { start: facts.at, end: facts.subscription.current_period.end }),
        seats_before: None,
        seats_after: None,
    }
}

/// An amount of prices with tax in them as one of prices without, and the other way round, so that it comes to the same money.
fn in_behavior(minor: i64, rate: TaxRate, from: TaxBehavior, to: TaxBehavior) -> i64 {
    match (from, to) {
        (TaxBehavior::Inclusive, TaxBehavior::Exclusive) => minor - rate.tax_minor(minor, from),
        (TaxBehavior::Exclusive, TaxBehavior::Inclusive) => minor + rate.tax_minor(minor, from),
        _ => minor,
    }
}
