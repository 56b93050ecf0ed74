//! From facts and a change to what it costs and does.

use time::{Duration, OffsetDateTime};

use super::facts::{Change, PlanTerms, QuoteFacts, QuoteRefusal};
use super::result::{QuoteResult, Quoted, ScheduledTerms};
use super::{in_trial, new_start, next, refund, within_period};
use crate::change::{ChangeRefusal, ChangeTiming, ProrationBehavior};
use crate::interval::{Interval, RecurringInterval};
use crate::order_amounts::order_amounts;
use crate::subscription::SubscriptionStatus;

/// A quote can be confirmed for so long, and never beyond the period in which it was made.
pub const QUOTE_LASTS: Duration = Duration::minutes(30);

/// Works out a change: what it costs, when it takes effect, and what the subscription is then.
///
/// # Errors
/// A named refusal; `Overflow`.
pub fn quote(facts: &QuoteFacts, change: &Change) -> Result<Quoted, QuoteRefusal> {
    match change {
        Change::Plan { to } => change_plan(facts, to),
        Change::Seats { seats } => change_seats(facts, *seats),
        Change::Resume => new_start::resume(facts),
        Change::Resubscribe { to } => new_start::resubscribe(facts, to),
        Change::CancelNow => cancel_now(facts),
    }
}

fn change_plan(facts: &QuoteFacts, to: &PlanTerms) -> Result<Quoted, QuoteRefusal> {
    if !facts.rules.plans_can_change {
        return Err(ChangeRefusal::PlanChangesOff.into());
    }
    facts.check_running()?;
    let to = PlanTerms { seats: facts.seats_in(to)?, ..to.clone() };
    if to.product_id == facts.plan.product_id {
        return Err(ChangeRefusal::NothingChanges.into());
    }
    change(facts, &to)
}

fn change_seats(facts: &QuoteFacts, seats: i32) -> Result<Quoted, QuoteRefusal> {
    if !facts.rules.seats_can_change {
        return Err(ChangeRefusal::SeatChangesOff.into());
    }
    facts.check_running()?;
    match facts.subscription.seats {
        None => return Err(ChangeRefusal::NotSeatBased.into()),
        Some(present) if present == seats => return Err(ChangeRefusal::NothingChanges.into()),
        Some(_) => {}
    }
    let to = PlanTerms { seats: Some(seats), ..facts.plan.clone() };
    to.amount_minor()?;
    facts.check_assigned(seats)?;
    change(facts, &to)
}

fn change(facts: &QuoteFacts, to: &PlanTerms) -> Result<Quoted, QuoteRefusal> {
    let subscription = &facts.subscription;
    let is_downgrade = is_cheaper(
        (to.amount_minor()?, to.interval),
        (subscription.amount.minor, subscription.interval),
    );
    match facts.rules.behavior(is_downgrade) {
        ProrationBehavior::NextPeriod => next::schedule(facts, to),
        _ if subscription.status == SubscriptionStatus::Trialing => in_trial::change(facts, to),
        _ if to.interval != subscription.interval => new_start::change_interval(facts, to),
        behavior => within_period::change(facts, to, behavior),
    }
}

fn cancel_now(facts: &QuoteFacts) -> Result<Quoted, QuoteRefusal> {
    let subscription = &facts.subscription;
    if !facts.rules.can_cancel_now {
        return Err(ChangeRefusal::CancelNowOff.into());
    }
    if subscription.is_ended() {
        return Err(ChangeRefusal::Ended.into());
    }
    if facts.has_open_change {
        return Err(ChangeRefusal::ChangePending.into());
    }
    if !subscription.status.is_billable() && subscription.status != SubscriptionStatus::Paused {
        return Err(ChangeRefusal::NotRunning.into());
    }
    facts.check_not_due()?;
    let nothing = order_amounts(
        subscription.amount.currency,
        vec![],
        None,
        facts.rate,
        facts.plan.tax_behavior,
    )?;
    Ok(Quoted {
        result: QuoteResult {
            timing: ChangeTiming::Now,
            product_name: facts.plan.product_name.clone(),
            seats: subscription.seats,
            new_amount: subscription.amount,
            new_interval: subscription.interval,
            due_now: nothing,
            on_next_invoice: vec![],
            refund: refund::refund(facts),
            takes_effect_at: facts.at,
            next_charge: None,
        },
        terms: None,
        scheduled: None,
        expires_at: expires_at(facts),
    })
}

/// Half an hour later, at most at the instant when the subscription changes by itself.
pub(super) fn expires_at(facts: &QuoteFacts) -> OffsetDateTime {
    let subscription = &facts.subscription;
    let by_itself = match subscription.status {
        SubscriptionStatus::Paused => subscription.resumes_at,
        _ => subscription.due_at(),
    };
    let latest = facts.at + QUOTE_LASTS;
    by_itself.filter(|at| *at > facts.at).map_or(latest, |at| at.min(latest))
}

/// What stays scheduled when `to` takes effect now: of a change of seats, another product that sells so many.
pub(super) fn still_scheduled(facts: &QuoteFacts, to: &PlanTerms) -> Option<PlanTerms> {
    let scheduled = facts.scheduled.as_ref()?;
    if to.product_id != facts.plan.product_id || scheduled.product_id == to.product_id {
        return None;
    }
    let scheduled = PlanTerms { seats: to.seats, ..scheduled.clone() };
    scheduled.amount_minor().is_ok().then_some(scheduled)
}

pub(super) fn scheduled_terms(
    facts: &QuoteFacts,
    present: &PlanTerms,
    scheduled: &PlanTerms,
    period_end: OffsetDateTime,
) -> ScheduledTerms {
    debug_assert!(period_end > facts.at);
    let is_other = scheduled.product_id != present.product_id;
    ScheduledTerms {
        product_id: is_other.then_some(scheduled.product_id),
        price_id: is_other.then_some(scheduled.price_id),
        seats: scheduled.seats,
        applies_at: period_end,
    }
}

/// Whether one price is lower than the other for the same time, over the calendar's cycle of 400 years (146,097 days).
fn is_cheaper(one: (i64, RecurringInterval), other: (i64, RecurringInterval)) -> bool {
    let length = |interval: RecurringInterval| -> i128 {
        // In 4,800ths of a day, so that months are whole.
        let unit: i128 = match interval.interval() {
            Interval::Day => 4_800,
            Interval::Week => 7 * 4_800,
            Interval::Month => 146_097,
            Interval::Year => 12 * 146_097,
        };
        unit * i128::from(interval.count())
    };
    i128::from(one.0) * length(other.1) < i128::from(other.0) * length(one.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_compared_for_the_same_time() {
        let every = |interval, count| RecurringInterval::new(interval, count).unwrap();
        let (month, year) = (RecurringInterval::MONTHLY, RecurringInterval::YEARLY);
        assert!(is_cheaper((29_000, year), (2_900, month)));
        assert!(!is_cheaper((2_900, month), (29_000, year)));
        assert!(!is_cheaper((1_200, year), (100, month)), "the same for the same time");
        assert!(is_cheaper((100, every(Interval::Week, 2)), (100, every(Interval::Day, 13))));
    }
}
