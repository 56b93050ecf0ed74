//! Changes with which a whole period begins now: another interval, the end of a trial, going on after a pause, buying anew.

use time::OffsetDateTime;

use super::facts::{PlanTerms, QuoteFacts, QuoteRefusal};
use super::next::{self, Course};
use super::result::{NewTerms, QuoteResult, Quoted};
use super::within_period::credit_line;
use super::work_out::expires_at;
use crate::change::{ChangeRefusal, ChangeTiming};
use crate::discount::AppliedDiscount;
use crate::money::Money;
use crate::order_amounts::{OrderLine, OrderLineKind, order_amounts};
use crate::period::period_after;
use crate::price::PriceAmount;
use crate::subscription::SubscriptionStatus;

/// Another interval: the time left of the old plan is credited, the new one is billed in full.
pub(super) fn change_interval(facts: &QuoteFacts, to: &PlanTerms) -> Result<Quoted, QuoteRefusal> {
    let credit = credit_line(facts, to)?;
    let settled = credit.into_iter().chain(facts.waiting.iter().cloned()).collect();
    begin(facts, to, settled, facts.discount.clone(), facts.subscription.trial_end)
}

/// The trial ends now and the first period is charged.
pub(super) fn end_trial(facts: &QuoteFacts, to: &PlanTerms) -> Result<Quoted, QuoteRefusal> {
    let discount = facts.discount.clone().map(|d| AppliedDiscount { applied_at: facts.at, ..d });
    begin(facts, to, facts.waiting.clone(), discount, Some(facts.at))
}

/// A paused one goes on, with what it was set to have next.
pub(super) fn resume(facts: &QuoteFacts) -> Result<Quoted, QuoteRefusal> {
    let subscription = &facts.subscription;
    if subscription.is_ended() {
        return Err(ChangeRefusal::Ended.into());
    }
    if facts.has_open_change {
        return Err(ChangeRefusal::ChangePending.into());
    }
    if subscription.status != SubscriptionStatus::Paused {
        return Err(ChangeRefusal::NotPaused.into());
    }
    if subscription.resumes_at.is_some_and(|at| at <= facts.at) {
        return Err(ChangeRefusal::RenewalDue.into());
    }
    let plan = facts.scheduled.as_ref().unwrap_or(&facts.plan);
    begin(facts, plan, facts.waiting.clone(), facts.discount.clone(), subscription.trial_end)
}

/// An ended one is bought anew, as it is sold today: without a second trial, without the old discount.
pub(super) fn resubscribe(facts: &QuoteFacts, to: &PlanTerms) -> Result<Quoted, QuoteRefusal> {
    if !facts.subscription.is_ended() {
        return Err(ChangeRefusal::NotEnded.into());
    }
    if facts.has_open_change {
        return Err(ChangeRefusal::ChangePending.into());
    }
    if facts.is_resubscribed {
        return Err(ChangeRefusal::Resubscribed.into());
    }
    let seats = match &to.price {
        PriceAmount::SeatBased { seat_tiers } => {
            Some(facts.subscription.seats.unwrap_or_else(|| seat_tiers.minimum_seats()))
        }
        PriceAmount::Free | PriceAmount::Fixed { .. } => None,
    };
    begin(facts, &PlanTerms { seats, ..to.clone() }, vec![], None, None)
}

fn begin(
    facts: &QuoteFacts,
    to: &PlanTerms,
    settled: Vec<OrderLine>,
    discount: Option<AppliedDiscount>,
    trial_end: Option<OffsetDateTime>,
) -> Result<Quoted, QuoteRefusal> {
    let currency = facts.subscription.amount.currency;
    let period = period_after(facts.at, to.interval, 0);
    let new_amount = Money::new(to.amount_minor()?, currency);
    let line = OrderLine::of_period(&to.product_name, to.seats, new_amount.minor, Some(period));
    let lines = std::iter::once(line).chain(settled).collect();
    let reduction = discount.as_ref().and_then(|d| d.for_period(period.start));
    let due_now = order_amounts(currency, lines, reduction, facts.rate, to.tax_behavior)?;
    let carried: Vec<OrderLine> = (due_now.carried_minor > 0)
        .then(|| OrderLine {
            kind: OrderLineKind::CarriedCredit,
            amount_minor: -due_now.carried_minor,
            ..OrderLine::of_period(&to.product_name, None, 0, Some(period))
        })
        .into_iter()
        .collect();
    let course = Course {
        billing_anchor_at: facts.at,
        interval: to.interval,
        current_period: period,
        discount,
    };
    let next_charge = next::charge(facts, &course, to, None, carried)?;
    Ok(Quoted {
        result: QuoteResult {
            timing: ChangeTiming::Now,
            product_name: to.product_name.clone(),
            seats: to.seats,
            new_amount,
            new_interval: to.interval,
            due_now,
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
            status: SubscriptionStatus::Active,
            current_period: period,
            billing_anchor_at: facts.at,
            trial_end,
            begins_period: true,
        }),
        scheduled: None,
        expires_at: expires_at(facts),
    })
}
