//! What a subscription may do, and when.

use time::OffsetDateTime;

use crate::field_errors::FieldError;
use crate::interval::RecurringInterval;
use crate::money::Money;
use crate::period::{Period, next_period};
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

text_enum! {
    /// Why a customer cancels, in the words of the form.
    CancellationReason {
        CustomerService = "customer_service",
        LowQuality = "low_quality",
        MissingFeatures = "missing_features",
        SwitchedService = "switched_service",
        TooComplex = "too_complex",
        TooExpensive = "too_expensive",
        Unused = "unused",
        Other = "other",
    }
}

/// The longest comment on a cancellation, in characters.
pub const CANCELLATION_COMMENT_MAX_CHARS: usize = 2000;

/// Reads the comment on a cancellation: trimmed, without control characters; an empty one is none.
///
/// # Errors
/// On `comment`: `comment_too_long`.
pub fn parse_cancellation_comment(raw: &str) -> Result<Option<String>, FieldError> {
    let text: String =
        raw.trim().chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    if text.chars().count() > CANCELLATION_COMMENT_MAX_CHARS {
        return Err(FieldError::new("comment", "comment_too_long"));
    }
    Ok((!text.is_empty()).then_some(text))
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

/// A cancellation that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancellation {
    pub canceled_at: OffsetDateTime,
    pub ends_at: OffsetDateTime,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CancelRefusal {
    #[error("the subscription is already set to end")]
    AlreadyCanceled,
    #[error("the subscription has ended")]
    Ended,
    #[error("the subscription is not running")]
    NotBillable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeepRefusal {
    #[error("the subscription is not set to end")]
    NotScheduled,
    #[error("the subscription has ended")]
    Ended,
}

/// What is to be done when the worker looks at a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueOutcome {
    Nothing,
    /// It was canceled and its last period is over.
    End {
        ended_at: OffsetDateTime,
    },
    Renew {
        next: Period,
    },
    /// The first paid period begins.
    TrialEnds {
        next: Period,
    },
}

impl Subscription {
    pub fn is_ended(&self) -> bool {
        self.ended_at.is_some() || self.status.is_ended()
    }

    /// When the worker must look at it next; `None` when never.
    pub fn due_at(&self) -> Option<OffsetDateTime> {
        (self.status.is_billable() && !self.is_ended()).then_some(self.current_period.end)
    }

    /// Cancelling at the end of the period that is paid for (of a trial: at its end). Its status stays until then.
    ///
    /// # Errors
    /// Once is enough; what has ended or does not run cannot be canceled.
    pub fn cancel_at_period_end(&self, now: OffsetDateTime) -> Result<Cancellation, CancelRefusal> {
        if self.is_ended() {
            Err(CancelRefusal::Ended)
        } else if self.cancel_at_period_end || self.ends_at.is_some() {
            Err(CancelRefusal::AlreadyCanceled)
        } else if !self.status.is_billable() {
            Err(CancelRefusal::NotBillable)
        } else {
            Ok(Cancellation { canceled_at: now, ends_at: self.current_period.end })
        }
    }

    /// Taking a cancellation back while the last period runs.
    ///
    /// # Errors
    /// When there is nothing to take back, or it is too late.
    pub fn keep(&self, now: OffsetDateTime) -> Result<(), KeepRefusal> {
        if self.is_ended() {
            Err(KeepRefusal::Ended)
        } else if !self.cancel_at_period_end {
            Err(KeepRefusal::NotScheduled)
        } else if self.ends_at.is_some_and(|ends_at| ends_at <= now) {
            // Its end has come, even if the worker has not written it down yet.
            Err(KeepRefusal::Ended)
        } else {
            Ok(())
        }
    }

    /// What is due at `now`: at most one step. After a stop of the worker, each missed period is one step of its own.
    pub fn at_due(&self, now: OffsetDateTime) -> DueOutcome {
        match self.due_at() {
            Some(due_at) if due_at <= now => {}
            _ => return DueOutcome::Nothing,
        }
        if self.cancel_at_period_end {
            return DueOutcome::End { ended_at: self.ends_at.unwrap_or(self.current_period.end) };
        }
        let next = next_period(self.billing_anchor_at, self.interval, self.current_period.end);
        if self.status == SubscriptionStatus::Trialing {
            DueOutcome::TrialEnds { next }
        } else {
            DueOutcome::Renew { next }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use crate::period::period_after;
    use proptest::prelude::*;
    use time::Duration;
    use time::macros::datetime;

    const START: OffsetDateTime = datetime!(2026-01-31 12:00 UTC);

    fn running() -> Subscription {
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

    fn canceled() -> Subscription {
        let subscription = running();
        let cancellation = subscription.cancel_at_period_end(START + Duration::DAY).unwrap();
        Subscription {
            cancel_at_period_end: true,
            canceled_at: Some(cancellation.canceled_at),
            ends_at: Some(cancellation.ends_at),
            ..subscription
        }
    }

    fn ended() -> Subscription {
        Subscription {
            status: SubscriptionStatus::Canceled,
            ended_at: Some(START + Duration::days(28)),
            ..canceled()
        }
    }

    #[test]
    fn comments_are_cleaned_and_bounded() {
        assert_eq!(parse_cancellation_comment(" \r\n "), Ok(None));
        assert_eq!(
            parse_cancellation_comment("Too\u{0} slow\r\nfor us "),
            Ok(Some("Too slow\nfor us".into()))
        );
        assert!(parse_cancellation_comment(&"ä".repeat(2000)).is_ok());
        assert_eq!(
            parse_cancellation_comment(&"ä".repeat(2001)).unwrap_err().code,
            "comment_too_long"
        );
    }

    #[test]
    fn canceling_lasts_to_the_end_of_the_period() {
        let now = datetime!(2026-02-10 0:00 UTC);
        for status in
            [SubscriptionStatus::Trialing, SubscriptionStatus::Active, SubscriptionStatus::PastDue]
        {
            let cancellation =
                Subscription { status, ..running() }.cancel_at_period_end(now).unwrap();
            assert_eq!(
                cancellation,
                Cancellation { canceled_at: now, ends_at: datetime!(2026-02-28 12:00 UTC) }
            );
        }
    }

    #[test]
    fn canceling_is_refused_by_name() {
        assert_eq!(canceled().cancel_at_period_end(START), Err(CancelRefusal::AlreadyCanceled));
        assert_eq!(ended().cancel_at_period_end(START), Err(CancelRefusal::Ended));
        for (status, refusal) in [
            (SubscriptionStatus::Paused, CancelRefusal::NotBillable),
            (SubscriptionStatus::Incomplete, CancelRefusal::NotBillable),
            (SubscriptionStatus::IncompleteExpired, CancelRefusal::Ended),
            (SubscriptionStatus::Unpaid, CancelRefusal::Ended),
        ] {
            assert_eq!(
                Subscription { status, ..running() }.cancel_at_period_end(START),
                Err(refusal),
                "{status}"
            );
        }
    }

    #[test]
    fn keeping_is_possible_until_the_end() {
        let ends_at = canceled().ends_at.unwrap();
        assert_eq!(canceled().keep(ends_at - Duration::microseconds(1)), Ok(()));
        assert_eq!(canceled().keep(ends_at), Err(KeepRefusal::Ended));
        assert_eq!(running().keep(START), Err(KeepRefusal::NotScheduled));
        assert_eq!(ended().keep(START), Err(KeepRefusal::Ended));
    }

    #[test]
    fn nothing_happens_before_it_is_due_and_one_thing_then() {
        let end = running().current_period.end;
        assert_eq!(running().at_due(end - Duration::microseconds(1)), DueOutcome::Nothing);
        let next = Period { start: end, end: datetime!(2026-03-31 12:00 UTC) };
        assert_eq!(running().at_due(end), DueOutcome::Renew { next });
        assert_eq!(
            running().at_due(end + Duration::days(400)),
            DueOutcome::Renew { next },
            "missed periods come one by one"
        );
        assert_eq!(
            Subscription { status: SubscriptionStatus::Trialing, ..running() }.at_due(end),
            DueOutcome::TrialEnds { next }
        );
        assert_eq!(canceled().at_due(end), DueOutcome::End { ended_at: end });
        assert_eq!(ended().at_due(end + Duration::days(400)), DueOutcome::Nothing);
        assert_eq!(
            Subscription { status: SubscriptionStatus::Paused, ..running() }.at_due(end),
            DueOutcome::Nothing
        );
    }

    proptest! {
        /// However late the worker comes, and in however many visits: the same periods, none twice, none left out.
        #[test]
        fn the_worker_may_be_late(visits_days in prop::collection::vec(0_i64..120, 1..12)) {
            let mut subscription = running();
            let mut now = START;
            let mut n = 0;
            for days in visits_days {
                now += Duration::days(days);
                while let DueOutcome::Renew { next } = subscription.at_due(now) {
                    n += 1;
                    prop_assert_eq!(next, period_after(START, RecurringInterval::MONTHLY, n));
                    subscription.current_period = next;
                }
                prop_assert!(subscription.current_period.contains(now));
            }
        }
    }
}
