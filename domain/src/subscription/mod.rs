//! What a subscription may do, and when.

mod cancellation;
mod due;
mod pause;
mod reminder;
mod update;

pub use cancellation::{
    CANCELLATION_COMMENT_MAX_CHARS, CancelRefusal, CancellationReason, KeepRefusal,
    parse_cancellation_comment,
};
pub use due::DueOutcome;
pub use pause::{PAUSE_MAX, PauseRefusal, ResumeRefusal, UnschedulePauseRefusal};
pub use reminder::{Reminder, ReminderKind};
pub use update::PendingUpdate;

use time::OffsetDateTime;

use crate::interval::RecurringInterval;
use crate::money::Money;
use crate::period::{Period, instant_after, period_after};
use crate::text_enum::text_enum;

text_enum! {
    /// Where a subscription stands.
    SubscriptionStatus {
        Incomplete = "incomplete",
        IncompleteExpired = "incomplete_expired",
        Trialing = "trialing",
        Active = "active",
        PastDue = "past_due",
        Canceled = "canceled",
        Unpaid = "unpaid",
        Paused = "paused",
    }
}

impl SubscriptionStatus {
    /// It is delivered and will be charged.
    pub const fn is_billable(self) -> bool {
        matches!(self, Self::Trialing | Self::Active | Self::PastDue)
    }

    /// Over for good.
    pub const fn is_ended(self) -> bool {
        matches!(self, Self::Canceled | Self::Unpaid | Self::IncompleteExpired)
    }
}

/// The facts about a subscription on which its rules rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscription {
    pub status: SubscriptionStatus,
    pub interval: RecurringInterval,
    /// The instant whose day of the month the periods keep.
    pub billing_anchor_at: OffsetDateTime,
    pub current_period: Period,
    pub trial_end: Option<OffsetDateTime>,
    pub cancel_at_period_end: bool,
    pub canceled_at: Option<OffsetDateTime>,
    pub ends_at: Option<OffsetDateTime>,
    pub ended_at: Option<OffsetDateTime>,
    /// It stops at the end of the period and can go on later.
    pub pause_at_period_end: bool,
    pub paused_at: Option<OffsetDateTime>,
    /// When a paused one goes on by itself.
    pub resumes_at: Option<OffsetDateTime>,
    /// Since when a payment is missing.
    pub past_due_at: Option<OffsetDateTime>,
    /// What one period costs, before discount and tax.
    pub amount: Money,
    pub seats: Option<i32>,
}

impl Subscription {
    /// One that begins at `now`. A trial is the first period; the paid ones are counted from its end.
    pub fn begun(
        now: OffsetDateTime,
        interval: RecurringInterval,
        trial: Option<RecurringInterval>,
        amount: Money,
        seats: Option<i32>,
    ) -> Self {
        let trial_end = trial.map(|trial| instant_after(now, trial, 1));
        let current_period = match trial_end {
            Some(end) => Period { start: now, end },
            None => period_after(now, interval, 0),
        };
        Self {
            status: if trial_end.is_some() {
                SubscriptionStatus::Trialing
            } else {
                SubscriptionStatus::Active
            },
            interval,
            billing_anchor_at: trial_end.unwrap_or(now),
            current_period,
            trial_end,
            cancel_at_period_end: false,
            canceled_at: None,
            ends_at: None,
            ended_at: None,
            pause_at_period_end: false,
            paused_at: None,
            resumes_at: None,
            past_due_at: None,
            amount,
            seats,
        }
    }

    pub fn is_ended(&self) -> bool {
        self.ended_at.is_some() || self.status.is_ended()
    }

    /// Over for good at `at`, whatever was planned: by a hand, a refund, or because nobody paid. Nothing of a period is charged.
    #[must_use]
    pub fn ended(&self, at: OffsetDateTime) -> Self {
        Self {
            status: SubscriptionStatus::Canceled,
            cancel_at_period_end: false,
            canceled_at: self.canceled_at.or(Some(at)),
            ends_at: Some(at),
            ended_at: Some(at),
            pause_at_period_end: false,
            paused_at: None,
            resumes_at: None,
            ..*self
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::money::Currency;
    use time::macros::datetime;

    pub(crate) const START: OffsetDateTime = datetime!(2026-01-31 12:00 UTC);

    pub(crate) fn running() -> Subscription {
        Subscription {
            status: SubscriptionStatus::Active,
            interval: RecurringInterval::MONTHLY,
            billing_anchor_at: START,
            current_period: period_after(START, RecurringInterval::MONTHLY, 0),
            trial_end: None,
            cancel_at_period_end: false,
            canceled_at: None,
            ends_at: None,
            ended_at: None,
            pause_at_period_end: false,
            paused_at: None,
            resumes_at: None,
            past_due_at: None,
            amount: Money::new(2900, Currency::EUR),
            seats: None,
        }
    }

    pub(crate) fn canceled() -> Subscription {
        running().cancel(START).unwrap()
    }

    pub(crate) fn paused() -> Subscription {
        let scheduled = running().pause(START, None).unwrap();
        match scheduled.at_due(scheduled.current_period.end) {
            DueOutcome::Pause(paused) => paused,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn ended() -> Subscription {
        match canceled().at_due(canceled().current_period.end) {
            DueOutcome::End(ended) => ended,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_end_by_hand_leaves_nothing_planned() {
        let at = datetime!(2026-02-03 0:00 UTC);
        let scheduled = running().pause(START, Some(datetime!(2026-05-01 0:00 UTC))).unwrap();
        let after = scheduled.ended(at);
        assert!(after.is_ended() && !after.pause_at_period_end);
        assert_eq!((after.resumes_at, after.due_at()), (None, None));
        assert_eq!((after.canceled_at, after.ended_at), (Some(at), Some(at)));
    }
}
