//! The order after a change, and changes that wait for it.

use time::OffsetDateTime;

use super::facts::{PlanTerms, QuoteFacts, QuoteRefusal};
use super::result::{QuoteResult, Quoted, QuotedCharge};
use super::work_out::{expires_at, scheduled_terms};
use crate::change::{ChangeRefusal, ChangeTiming};
use crate::discount::AppliedDiscount;
use crate::interval::RecurringInterval;
use crate::money::{Money, MoneyError};
use crate::order_amounts::{OrderAmounts, OrderLine, order_amounts};
use crate::period::{Period, next_period, period_after};

/// The periods of a subscription from a change on.
#[derive(Debug, Clone)]
pub(super) struct Course {
    pub billing_anchor_at: OffsetDateTime,
    pub interval: RecurringInterval,
    pub current_period: Period,
    pub discount: Option<AppliedDiscount>,
}

impl Course {
    /// As it is now.
    pub(super) fn of(facts: &QuoteFacts) -> Self {
        let subscription = &facts.subscription;
        Self {
            billing_anchor_at: subscription.billing_anchor_at,
            interval: subscription.interval,
            current_period: subscription.current_period,
            discount: facts.discount.clone(),
        }
    }
}

/// The order at the end of the current period, for `plan` or what is scheduled to follow it, with the lines that wait for it.
/// `None` when it would be empty.
pub(super) fn charge(
    facts: &QuoteFacts,
    course: &Course,
    plan: &PlanTerms,
    scheduled: Option<&PlanTerms>,
    waiting: Vec<OrderLine>,
) -> Result<Option<QuotedCharge>, QuoteRefusal> {
    let plan = scheduled.unwrap_or(plan);
    let at = course.current_period.end;
    let period = if plan.interval == course.interval {
        next_period(course.billing_anchor_at, course.interval, at)
    } else {
        period_after(at, plan.interval, 0)
    };
    let amount_minor = plan.amount_minor()?;
    if amount_minor == 0 && waiting.is_empty() {
        return Ok(None);
    }
    let line = OrderLine::of_period(&plan.product_name, plan.seats, amount_minor, Some(period));
    let lines = std::iter::once(line).chain(waiting).collect();
    let discount = course.discount.as_ref().and_then(|d| d.for_period(period.start));
    let currency = facts.subscription.amount.currency;
    let amounts = order_amounts(currency, lines, discount, facts.rate, plan.tax_behavior)?;
    Ok(Some(QuotedCharge { at, amounts }))
}

/// A change that takes effect when the period, or the trial, ends.
pub(super) fn schedule(facts: &QuoteFacts, to: &PlanTerms) -> Result<Quoted, QuoteRefusal> {
    let subscription = &facts.subscription;
    let to = match &facts.scheduled {
        // Only the seats change: of what is scheduled to follow.
        Some(scheduled) if to.product_id == facts.plan.product_id => {
            PlanTerms { seats: to.seats, ..scheduled.clone() }
        }
        _ => to.clone(),
    };
    if facts.scheduled.as_ref() == Some(&to) {
        return Err(ChangeRefusal::NothingChanges.into());
    }
    let end = subscription.current_period.end;
    let new_amount = Money::new(to.amount_minor()?, subscription.amount.currency);
    let course = Course::of(facts);
    let next_charge = charge(facts, &course, &to, None, facts.waiting.clone())?;
    Ok(Quoted {
        result: QuoteResult {
            timing: ChangeTiming::NextPeriod,
            product_name: to.product_name.clone(),
            seats: to.seats,
            new_amount,
            new_interval: to.interval,
            due_now: nothing(facts, &to)?,
            on_next_invoice: vec![],
            refund: None,
            takes_effect_at: end,
            next_charge,
        },
        terms: None,
        scheduled: Some(scheduled_terms(facts, &facts.plan, &to, end)),
        expires_at: expires_at(facts),
    })
}

/// An order without lines.
pub(super) fn nothing(facts: &QuoteFacts, plan: &PlanTerms) -> Result<OrderAmounts, MoneyError> {
    let currency = facts.subscription.amount.currency;
    order_amounts(currency, vec![], None, facts.rate, plan.tax_behavior)
}
