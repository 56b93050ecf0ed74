//! When a customer is told before money moves.

use time::{Duration, OffsetDateTime};

use super::{Subscription, SubscriptionStatus};
use crate::interval::{Interval, RecurringInterval};
use crate::text_enum::text_enum;

text_enum! {
    /// What a reminder is about.
    ReminderKind {
        TrialEnds = "trial_ends",
        Renews = "renews",
    }
}

/// A reminder to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reminder {
    pub kind: ReminderKind,
    pub at: OffsetDateTime,
}

const BEFORE_RENEWAL: Duration = Duration::days(7);
const BEFORE_TRIAL_END: Duration = Duration::days(3);
const BEFORE_SHORT_TRIAL_END: Duration = Duration::days(1);

impl Subscription {
    /// The reminder of this period: 7 days before a long period renews, 3 days before a trial ends, 1 day when it is shorter than
    /// 3; none when nothing will be charged, or the trial is shorter than a day. (`reference/polar-api.md` §4.18)
    pub fn reminder(&self) -> Option<Reminder> {
        if self.is_ended()
            || self.cancel_at_period_end
            || self.pause_at_period_end
            || self.amount.is_zero()
        {
            return None;
        }
        let (start, end) = (self.current_period.start, self.current_period.end);
        match self.status {
            SubscriptionStatus::Trialing => {
                let before = match end - start {
                    length if length >= BEFORE_TRIAL_END => BEFORE_TRIAL_END,
                    length if length >= BEFORE_SHORT_TRIAL_END => BEFORE_SHORT_TRIAL_END,
                    _ => return None,
                };
                Some(Reminder { kind: ReminderKind::TrialEnds, at: end - before })
            }
            SubscriptionStatus::Active if is_long(self.interval) => {
                Some(Reminder { kind: ReminderKind::Renews, at: end - BEFORE_RENEWAL })
            }
            _ => None,
        }
    }

    /// When the reminder is due; `None` also when its moment has passed, so that a change never sends it twice.
    pub fn reminder_due_at(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        self.reminder().map(|reminder| reminder.at).filter(|at| *at >= now)
    }
}

/// Long enough that a renewal may come as a surprise.
fn is_long(interval: RecurringInterval) -> bool {
    let least = match interval.interval() {
        Interval::Year => 1,
        Interval::Month => 6,
        Interval::Week => 25,
        Interval::Day => 180,
    };
    interval.count() >= least
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Currency, Money};
    use crate::period::Period;
    use crate::subscription::tests::{START, canceled, paused, running};

    fn every(interval: Interval, count: i32) -> Subscription {
        let interval = RecurringInterval::new(interval, count).unwrap();
        Subscription { interval, ..running() }
    }

    fn trial(length: Duration) -> Subscription {
        let current_period = Period { start: START, end: START + length };
        Subscription { status: SubscriptionStatus::Trialing, current_period, ..running() }
    }

    #[test]
    fn long_periods_are_announced_a_week_ahead() {
        for (interval, least) in
            [(Interval::Year, 1), (Interval::Month, 6), (Interval::Week, 25), (Interval::Day, 180)]
        {
            let long = every(interval, least);
            let reminder = long.reminder().unwrap();
            assert_eq!(reminder.kind, ReminderKind::Renews);
            assert_eq!(reminder.at, long.current_period.end - Duration::days(7));
            if least > 1 {
                assert_eq!(every(interval, least - 1).reminder(), None, "{interval}");
            }
        }
    }

    #[test]
    fn trials_are_announced_by_their_length() {
        let before = |length: Duration| {
            trial(length).reminder().map(|reminder| START + length - reminder.at)
        };
        assert_eq!(before(Duration::days(14)), Some(Duration::days(3)));
        assert_eq!(before(Duration::days(3)), Some(Duration::days(3)));
        assert_eq!(before(Duration::days(3) - Duration::SECOND), Some(Duration::days(1)));
        assert_eq!(before(Duration::days(1)), Some(Duration::days(1)));
        assert_eq!(before(Duration::days(1) - Duration::SECOND), None);
    }

    #[test]
    fn nobody_is_reminded_of_nothing() {
        let year = every(Interval::Year, 1);
        for silent in [
            Subscription { amount: Money::zero(Currency::EUR), ..year },
            Subscription { interval: RecurringInterval::YEARLY, ..canceled() },
            Subscription { interval: RecurringInterval::YEARLY, ..paused() },
            year.pause(START, None).unwrap(),
            Subscription { status: SubscriptionStatus::PastDue, ..year },
        ] {
            assert_eq!(silent.reminder(), None, "{silent:?}");
        }
    }

    #[test]
    fn a_moment_that_has_passed_does_not_come_again() {
        let year = every(Interval::Year, 1);
        let at = year.reminder().unwrap().at;
        assert_eq!(year.reminder_due_at(at), Some(at));
        assert_eq!(year.reminder_due_at(at + Duration::microseconds(1)), None);
    }
}
