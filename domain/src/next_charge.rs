//! What a subscription will be charged next. The overview, the subscription page and later every quote come from here.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::money::{Money, MoneyError};
use crate::order::OrderTotals;
use crate::subscription::Subscription;
use crate::tax::TaxBehavior;
use crate::text_enum::text_enum;

text_enum! {
    /// What a line is for; the portal has a text for each.
    ChargeLineKind {
        /// The product for one period.
        Plan = "plan",
        /// The product for one period, for a number of seats.
        Seats = "seats",
    }
}

/// One line of a charge to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeLine {
    pub kind: ChargeLineKind,
    pub product_name: String,
    pub quantity: i32,
    pub amount: Money,
}

/// A charge to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextCharge {
    pub at: OffsetDateTime,
    pub lines: Vec<ChargeLine>,
    pub totals: OrderTotals,
}

/// The next charge of `subscription`; `None` when it will not be charged again: ended, canceled, not running, or free.
/// There is no discount and no tax engine yet: both are 0.
///
/// # Errors
/// `Overflow`.
pub fn next_charge(
    subscription: &Subscription,
    product_name: &str,
) -> Result<Option<NextCharge>, MoneyError> {
    let Some(at) = subscription.due_at() else { return Ok(None) };
    if subscription.cancel_at_period_end || subscription.amount.is_zero() {
        return Ok(None);
    }
    let line = ChargeLine {
        kind: if subscription.seats.is_some() {
            ChargeLineKind::Seats
        } else {
            ChargeLineKind::Plan
        },
        product_name: product_name.to_owned(),
        quantity: subscription.seats.unwrap_or(1),
        amount: subscription.amount,
    };
    let totals = OrderTotals::of(
        subscription.amount.currency,
        [line.amount.minor],
        0,
        0,
        TaxBehavior::Exclusive,
    )?;
    Ok(Some(NextCharge { at, lines: vec![line], totals }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interval::RecurringInterval;
    use crate::money::Currency;
    use crate::period::period_after;
    use crate::subscription::SubscriptionStatus;
    use time::macros::datetime;

    fn running() -> Subscription {
        let start = datetime!(2026-04-01 0:00 UTC);
        Subscription {
            status: SubscriptionStatus::Active,
            interval: RecurringInterval::MONTHLY,
            billing_anchor_at: start,
            current_period: period_after(start, RecurringInterval::MONTHLY, 0),
            trial_end: None,
            cancel_at_period_end: false,
            canceled_at: None,
            ends_at: None,
            ended_at: None,
            pause_at_period_end: false,
            paused_at: None,
            resumes_at: None,
            past_due_at: None,
            amount: Money::new(24_000, Currency::EUR),
            seats: Some(12),
        }
    }

    #[test]
    fn is_what_the_renewal_will_cost() {
        let charge = next_charge(&running(), "Team").unwrap().unwrap();
        assert_eq!(charge.at, datetime!(2026-05-01 0:00 UTC));
        assert_eq!(charge.totals.total, Money::new(24_000, Currency::EUR));
        assert_eq!(
            charge.lines,
            [ChargeLine {
                kind: ChargeLineKind::Seats,
                product_name: "Team".into(),
                quantity: 12,
                amount: Money::new(24_000, Currency::EUR)
            }]
        );
        let plan = next_charge(&Subscription { seats: None, ..running() }, "Pro").unwrap().unwrap();
        assert_eq!((plan.lines[0].kind, plan.lines[0].quantity), (ChargeLineKind::Plan, 1));
    }

    #[test]
    fn a_trial_is_charged_at_its_end() {
        let trial = Subscription { status: SubscriptionStatus::Trialing, ..running() };
        assert_eq!(next_charge(&trial, "Team").unwrap().unwrap().at, trial.current_period.end);
    }

    #[test]
    fn is_none_when_nothing_will_be_charged() {
        let end = running().current_period.end;
        for none in [
            Subscription {
                cancel_at_period_end: true,
                canceled_at: Some(end),
                ends_at: Some(end),
                ..running()
            },
            Subscription { status: SubscriptionStatus::Canceled, ended_at: Some(end), ..running() },
            Subscription { status: SubscriptionStatus::Paused, ..running() },
            Subscription { status: SubscriptionStatus::Incomplete, ..running() },
            Subscription { amount: Money::zero(Currency::EUR), ..running() },
        ] {
            assert_eq!(next_charge(&none, "Team"), Ok(None), "{none:?}");
        }
    }
}
