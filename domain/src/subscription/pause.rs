//! Pausing at the end of a period, and going on.

use time::{Duration, OffsetDateTime};

use super::{Subscription, SubscriptionStatus};
use crate::period::period_after;

/// A pause with a return date lasts at most so long.
pub const PAUSE_MAX: Duration = Duration::days(5 * 366);

/// Why a subscription cannot be paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PauseRefusal {
    #[error("the subscription has ended")]
    Ended,
    #[error("the subscription is set to end")]
    Canceling,
    #[error("the subscription is paused")]
    AlreadyPaused,
    #[error("a pause is scheduled already")]
    AlreadyScheduled,
    #[error("a trial cannot be paused")]
    Trialing,
    #[error("a payment is missing")]
    PastDue,
    #[error("the subscription is not running")]
    NotRunning,
    #[error("it can only go on after the period's end")]
    ResumesTooEarly,
    #[error("a pause does not last longer than five years")]
    ResumesTooLate,
    #[error("a change of it waits for its payment")]
    ChangePending,
}

/// Why there is no scheduled pause to take back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnschedulePauseRefusal {
    #[error("no pause is scheduled")]
    NotScheduled,
    #[error("the pause has begun")]
    AlreadyPaused,
    #[error("the subscription has ended")]
    Ended,
    #[error("a change of it waits for its payment")]
    ChangePending,
}

/// Why a subscription cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResumeRefusal {
    #[error("the subscription is not paused")]
    NotPaused,
    #[error("the subscription has ended")]
    Ended,
}

impl Subscription {
    /// Pausing at the end of the period that is paid for; with `resumes_at` it goes on by itself at that instant.
    ///
    /// # Errors
    /// Only an active one that is not set to end or to pause can be paused, and the return lies after the period's end.
    pub fn pause(
        &self,
        now: OffsetDateTime,
        resumes_at: Option<OffsetDateTime>,
    ) -> Result<Self, PauseRefusal> {
        if self.is_ended() {
            return Err(PauseRefusal::Ended);
        }
        match self.status {
            SubscriptionStatus::Active => {}
            SubscriptionStatus::Paused => return Err(PauseRefusal::AlreadyPaused),
            SubscriptionStatus::Trialing => return Err(PauseRefusal::Trialing),
            SubscriptionStatus::PastDue => return Err(PauseRefusal::PastDue),
            _ => return Err(PauseRefusal::NotRunning),
        }
        if self.cancel_at_period_end || self.ends_at.is_some() {
            return Err(PauseRefusal::Canceling);
        }
        if self.pause_at_period_end {
            return Err(PauseRefusal::AlreadyScheduled);
        }
        let end = self.current_period.end;
        if resumes_at.is_some_and(|at| at <= end || at <= now) {
            return Err(PauseRefusal::ResumesTooEarly);
        }
        if resumes_at.is_some_and(|at| at - end > PAUSE_MAX) {
            return Err(PauseRefusal::ResumesTooLate);
        }
        Ok(Self { pause_at_period_end: true, resumes_at, ..*self })
    }

    /// Taking a scheduled pause back before it begins.
    ///
    /// # Errors
    /// When none is scheduled, or the period's end has come.
    pub fn unschedule_pause(&self, now: OffsetDateTime) -> Result<Self, UnschedulePauseRefusal> {
        if self.is_ended() {
            Err(UnschedulePauseRefusal::Ended)
        } else if self.status == SubscriptionStatus::Paused {
            Err(UnschedulePauseRefusal::AlreadyPaused)
        } else if !self.pause_at_period_end {
            Err(UnschedulePauseRefusal::NotScheduled)
        } else if self.current_period.end <= now {
            // It has begun, even if the worker has not written it down yet.
            Err(UnschedulePauseRefusal::AlreadyPaused)
        } else {
            Ok(Self { pause_at_period_end: false, resumes_at: None, ..*self })
        }
    }

    /// Going on after a pause: a new period begins at `at`, and the periods keep that day from now on.
    ///
    /// # Errors
    /// Only what is paused can go on.
    pub fn resume(&self, at: OffsetDateTime) -> Result<Self, ResumeRefusal> {
        if self.is_ended() {
            return Err(ResumeRefusal::Ended);
        }
        if self.status != SubscriptionStatus::Paused {
            return Err(ResumeRefusal::NotPaused);
        }
        Ok(Self {
            status: SubscriptionStatus::Active,
            billing_anchor_at: at,
            current_period: period_after(at, self.interval, 0),
            paused_at: None,
            resumes_at: None,
            past_due_at: None,
            ..*self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subscription::tests::{START, canceled, ended, paused, running};
    use time::macros::datetime;

    #[test]
    fn only_an_active_one_can_be_paused() {
        for (status, refusal) in [
            (SubscriptionStatus::Trialing, PauseRefusal::Trialing),
            (SubscriptionStatus::PastDue, PauseRefusal::PastDue),
            (SubscriptionStatus::Paused, PauseRefusal::AlreadyPaused),
            (SubscriptionStatus::Incomplete, PauseRefusal::NotRunning),
            (SubscriptionStatus::Unpaid, PauseRefusal::Ended),
        ] {
            assert_eq!(
                Subscription { status, ..running() }.pause(START, None),
                Err(refusal),
                "{status}"
            );
        }
        assert_eq!(canceled().pause(START, None), Err(PauseRefusal::Canceling));
        assert_eq!(ended().pause(START, None), Err(PauseRefusal::Ended));
        let scheduled = running().pause(START, None).unwrap();
        assert_eq!(scheduled.pause(START, None), Err(PauseRefusal::AlreadyScheduled));
        assert_eq!(scheduled.unschedule_pause(START), Ok(running()));
    }

    #[test]
    fn the_return_lies_after_the_periods_end() {
        let end = running().current_period.end;
        let at = |offset| running().pause(START, Some(end + offset)).map(|after| after.resumes_at);
        assert_eq!(at(Duration::ZERO), Err(PauseRefusal::ResumesTooEarly));
        assert_eq!(at(Duration::microseconds(1)), Ok(Some(end + Duration::microseconds(1))));
        assert_eq!(at(PAUSE_MAX), Ok(Some(end + PAUSE_MAX)));
        assert_eq!(at(PAUSE_MAX + Duration::SECOND), Err(PauseRefusal::ResumesTooLate));
        let late = running().pause(end + Duration::DAY, Some(end + Duration::HOUR));
        assert_eq!(late, Err(PauseRefusal::ResumesTooEarly), "in the past");
    }

    #[test]
    fn a_pause_is_taken_back_before_it_begins() {
        let scheduled = running().pause(START, None).unwrap();
        let end = scheduled.current_period.end;
        assert_eq!(scheduled.unschedule_pause(end), Err(UnschedulePauseRefusal::AlreadyPaused));
        assert_eq!(running().unschedule_pause(START), Err(UnschedulePauseRefusal::NotScheduled));
        assert_eq!(paused().unschedule_pause(START), Err(UnschedulePauseRefusal::AlreadyPaused));
        assert_eq!(ended().unschedule_pause(START), Err(UnschedulePauseRefusal::Ended));
    }

    #[test]
    fn going_on_starts_a_period_of_its_own() {
        let at = datetime!(2026-04-10 8:00 UTC);
        let after = paused().resume(at).unwrap();
        assert_eq!((after.status, after.billing_anchor_at), (SubscriptionStatus::Active, at));
        assert_eq!(after.current_period.end, datetime!(2026-05-10 8:00 UTC));
        assert_eq!((after.paused_at, after.resumes_at), (None, None));
        assert_eq!(running().resume(at), Err(ResumeRefusal::NotPaused));
        assert_eq!(ended().resume(at), Err(ResumeRefusal::Ended));
    }
}
