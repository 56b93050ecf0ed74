//! Cancelling, and taking it back.

use time::OffsetDateTime;

use super::{Subscription, SubscriptionStatus};
use crate::field_errors::FieldError;
use crate::text_enum::text_enum;

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

/// Why a subscription cannot be canceled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CancelRefusal {
    #[error("the subscription is already set to end")]
    AlreadyCanceled,
    #[error("the subscription has ended")]
    Ended,
    #[error("the subscription is not running")]
    NotBillable,
    #[error("a change of it waits for its payment")]
    ChangePending,
}

/// Why there is no cancellation to take back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeepRefusal {
    #[error("the subscription is not set to end")]
    NotScheduled,
    #[error("the subscription has ended")]
    Ended,
    #[error("a change of it waits for its payment")]
    ChangePending,
}

impl Subscription {
    /// Cancelling: it runs to the end of the period that is paid for (of a trial: to its end) and its status stays until then.
    /// A pause that was scheduled is dropped. One that is paused has nothing left to run and ends at once, without a charge.
    ///
    /// # Errors
    /// Once is enough; what has ended or never ran cannot be canceled.
    pub fn cancel(&self, now: OffsetDateTime) -> Result<Self, CancelRefusal> {
        if self.is_ended() {
            Err(CancelRefusal::Ended)
        } else if self.cancel_at_period_end || self.ends_at.is_some() {
            Err(CancelRefusal::AlreadyCanceled)
        } else if self.status == SubscriptionStatus::Paused {
            Ok(self.ended(now))
        } else if self.status.is_billable() {
            Ok(Self {
                cancel_at_period_end: true,
                canceled_at: Some(now),
                ends_at: Some(self.current_period.end),
                pause_at_period_end: false,
                resumes_at: None,
                ..*self
            })
        } else {
            Err(CancelRefusal::NotBillable)
        }
    }

    /// Taking a cancellation back while the last period runs.
    ///
    /// # Errors
    /// When there is nothing to take back, or it is too late.
    pub fn keep(&self, now: OffsetDateTime) -> Result<Self, KeepRefusal> {
        if self.is_ended() {
            Err(KeepRefusal::Ended)
        } else if !self.cancel_at_period_end {
            Err(KeepRefusal::NotScheduled)
        } else if self.ends_at.is_some_and(|ends_at| ends_at <= now) {
            // Its end has come, even if the worker has not written it down yet.
            Err(KeepRefusal::Ended)
        } else {
            Ok(Self { cancel_at_period_end: false, canceled_at: None, ends_at: None, ..*self })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subscription::tests::{START, canceled, ended, paused, running};
    use time::Duration;
    use time::macros::datetime;

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
            let after = Subscription { status, ..running() }.cancel(now).unwrap();
            assert_eq!(
                (after.status, after.canceled_at, after.ends_at, after.ended_at),
                (status, Some(now), Some(datetime!(2026-02-28 12:00 UTC)), None)
            );
        }
    }

    #[test]
    fn canceling_drops_a_scheduled_pause() {
        let before = running().pause(START, Some(datetime!(2026-05-01 0:00 UTC))).unwrap();
        let after = before.cancel(START).unwrap();
        assert!(after.cancel_at_period_end && !after.pause_at_period_end);
        assert_eq!(after.resumes_at, None);
    }

    #[test]
    fn a_paused_one_ends_at_once() {
        let now = datetime!(2026-04-02 0:00 UTC);
        let after = paused().cancel(now).unwrap();
        assert_eq!(
            (after.status, after.ends_at, after.ended_at),
            (SubscriptionStatus::Canceled, Some(now), Some(now))
        );
        assert_eq!((after.paused_at, after.due_at()), (None, None));
        assert_eq!(after.cancel(now), Err(CancelRefusal::Ended));
    }

    #[test]
    fn canceling_is_refused_by_name() {
        assert_eq!(canceled().cancel(START), Err(CancelRefusal::AlreadyCanceled));
        assert_eq!(ended().cancel(START), Err(CancelRefusal::Ended));
        for (status, refusal) in [
            (SubscriptionStatus::Incomplete, CancelRefusal::NotBillable),
            (SubscriptionStatus::IncompleteExpired, CancelRefusal::Ended),
            (SubscriptionStatus::Unpaid, CancelRefusal::Ended),
        ] {
            assert_eq!(
                Subscription { status, ..running() }.cancel(START),
                Err(refusal),
                "{status}"
            );
        }
    }

    #[test]
    fn keeping_is_possible_until_the_end() {
        let ends_at = canceled().ends_at.unwrap();
        assert_eq!(canceled().keep(ends_at - Duration::microseconds(1)), Ok(running()));
        assert_eq!(canceled().keep(ends_at), Err(KeepRefusal::Ended));
        assert_eq!(running().keep(START), Err(KeepRefusal::NotScheduled));
        assert_eq!(ended().keep(START), Err(KeepRefusal::Ended));
    }
}
