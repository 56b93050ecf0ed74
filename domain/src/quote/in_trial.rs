//! A change during a trial: nothing was paid, so nothing is prorated. The new plan's trial counts from the same start; when it is
//! over, or the plan has none, the first period begins now.

use super::facts::{PlanTerms, QuoteFacts, QuoteRefusal};
use super::new_start;
use super::next::{self, Course};
use super::result::{NewTerms, QuoteResult, Quoted};
use super::work_out::{expires_at, scheduled_terms, still_scheduled};
use crate::change::ChangeTiming;
use crate::discount::AppliedDiscount;
use crate::money::Money;
use crate::period::{Period, instant_after};

pub(super) fn change(facts: &QuoteFacts, to: &PlanTerms) -> Result<Quoted, QuoteRefusal> {
    let subscription = &facts.subscription;
    let trial_start = facts.trial_start.unwrap_or(subscription.current_period.start);
    let trial_end = if to.product_id == facts.plan.product_id {
        Some(subscription.current_period.end)
    } else {
        to.trial.map(|trial| instant_after(trial_start, trial, 1))
    };
    let Some(trial_end) = trial_end.filter(|end| *end > facts.at) else {
        return new_start::end_trial(facts, to);
    };
    let current_period = Period { start: subscription.current_period.start, end: trial_end };
    let course = Course {
        billing_anchor_at: trial_end,
        interval: to.interval,
        current_period,
        // A discount counts from the first period that is charged.
        discount: facts.discount.clone().map(|d| AppliedDiscount { applied_at: trial_end, ..d }),
    };
    let scheduled = still_scheduled(facts, to);
    let new_amount = Money::new(to.amount_minor()?, subscription.amount.currency);
    let next_charge = next::charge(facts, &course, to, scheduled.as_ref(), facts.waiting.clone())?;
    Ok(Quoted {
        result: QuoteResult {
            timing: ChangeTiming::Now,
            product_name: to.product_name.clone(),
            seats: to.seats,
            new_amount,
            new_interval: to.interval,
            due_now: next::nothing(facts, to)?,
            on_next_invoice: vec![],
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
            current_period,
            billing_anchor_at: trial_end,
            trial_end: Some(trial_end),
            begins_period: false,
        }),
        scheduled: scheduled.map(|s| scheduled_terms(facts, to, &s, trial_end)),
        expires_at: expires_at(facts),
    })
}
