//! What falls due, and what it makes of a subscription.

use time::OffsetDateTime;

use super::{Subscription, SubscriptionStatus};
use crate::period::next_period;

/// What is to be done when the worker looks at a subscription, with the facts as they are then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueOutcome {
    Nothing,
    /// It was canceled and its last period is over.
    End(Subscription),
    /// The next period begins.
    Renew(Subscription),
    /// The first paid period begins.
    TrialEnds(Subscription),
    /// Its last period before the pause is over.
    Pause(Subscription),
    /// The pause is over: a period begins on a day of its own.
    Resume(Subscription),
}

impl Subscription {
    /// When the worker must look at it next; `None` when never: it has ended, or it is paused until somebody resumes it.
    pub fn due_at(&self) -> Option<OffsetDateTime> {
        if self.is_ended() {
            None
        } else if self.status == SubscriptionStatus::Paused {
            self.resumes_at
        } else {
            self.status.is_billable().then_some(self.current_period.end)
        }
    }

    /// What is due at `now`: at most one step. After a stop of the worker, each missed period is one step of its own, at its own
    /// moment.
    pub fn at_due(&self, now: OffsetDateTime) -> DueOutcome {
        let Some(at) = self.due_at().filter(|due_at| *due_at <= now) else {
            return DueOutcome::Nothing;
        };
        if self.status == SubscriptionStatus::Paused {
            return self.resume(at).map_or(DueOutcome::Nothing, DueOutcome::Resume);
        }
        if self.cancel_at_period_end {
            let ended_at = self.ends_at.unwrap_or(at);
            return DueOutcome::End(Self {
                status: SubscriptionStatus::Canceled,
                ended_at: Some(ended_at),
                ..*self
            });
        }
        if self.pause_at_period_end {
            return DueOutcome::Pause(Self {
                status: SubscriptionStatus::Paused,
                pause_at_period_end: false,
                paused_at: Some(at),
                ..*self
            });
        }
        let current_period = next_period(self.billing_anchor_at, self.interval, at);
        if self.status == SubscriptionStatus::Trialing {
            let status = SubscriptionStatus::Active;
            DueOutcome::TrialEnds(Self { status, current_period, ..*self })
        } else {
            DueOutcome::Renew(Self { current_period, ..*self })
        }
    }

    /// The facts once the next period has begun, if one will: after a scheduled pause, that of its return.
    pub fn next_period_facts(&self) -> Option<Self> {
        let mut facts = *self;
        // At most two steps: a pause, then its end.
        for _ in 0..2 {
            match facts.at_due(facts.due_at()?) {
                DueOutcome::Renew(begun)
                | DueOutcome::TrialEnds(begun)
                | DueOutcome::Resume(begun) => return Some(begun),
                DueOutcome::Pause(paused) => facts = paused,
                DueOutcome::End(_) | DueOutcome::Nothing => return None,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interval::{Interval, RecurringInterval};
    use crate::money::{Currency, Money};
    use crate::period::{Period, period_after};
    use crate::subscription::PendingUpdate;
    use crate::subscription::tests::{START, canceled, ended, paused, running};
    use crate::tax::TaxBehavior;
    use proptest::prelude::*;
    use time::Duration;
    use time::macros::datetime;
    use uuid::Uuid;

    #[test]
    fn nothing_happens_before_it_is_due_and_one_thing_then() {
        let end = running().current_period.end;
        assert_eq!(running().at_due(end - Duration::microseconds(1)), DueOutcome::Nothing);
        let next = Period { start: end, end: datetime!(2026-03-31 12:00 UTC) };
        let renewed = Subscription { current_period: next, ..running() };
        assert_eq!(running().at_due(end), DueOutcome::Renew(renewed));
        assert_eq!(
            running().at_due(end + Duration::days(400)),
            DueOutcome::Renew(renewed),
            "missed periods come one by one"
        );
        let trial = Subscription { status: SubscriptionStatus::Trialing, ..running() };
        assert_eq!(trial.at_due(end), DueOutcome::TrialEnds(renewed));
        assert_eq!((ended().ended_at, ended().ends_at), (Some(end), Some(end)));
        assert_eq!(ended().at_due(end + Duration::days(400)), DueOutcome::Nothing);
        assert_eq!(canceled().due_at(), Some(end));
    }

    #[test]
    fn a_pause_lasts_until_its_return_or_for_ever() {
        let end = running().current_period.end;
        let (at, late) = (datetime!(2026-04-10 8:00 UTC), datetime!(2026-12-24 0:00 UTC));
        assert_eq!((paused().paused_at, paused().due_at()), (Some(end), None));
        assert_eq!(paused().at_due(late), DueOutcome::Nothing);
        let scheduled = running().pause(START, Some(at)).unwrap();
        let DueOutcome::Pause(pause) = scheduled.at_due(end) else { panic!("pauses") };
        assert_eq!((pause.due_at(), pause.at_due(end)), (Some(at), DueOutcome::Nothing));
        let DueOutcome::Resume(resumed) = pause.at_due(late) else { panic!("resumes") };
        assert_eq!(resumed.current_period, period_after(at, RecurringInterval::MONTHLY, 0));
    }

    /// What a customer, the organization or time may do.
    #[derive(Debug, Clone, Copy)]
    enum Deed {
        Wait { hours: i64 },
        Cancel,
        Keep,
        Pause { resumes_after_hours: Option<i64> },
        UnschedulePause,
        Resume,
        Update { interval: RecurringInterval, amount_minor: i64 },
        EndNow,
    }

    fn any_interval() -> impl Strategy<Value = RecurringInterval> {
        (0..4_usize, 1..=14_i32).prop_map(|(unit, count)| {
            RecurringInterval::new(Interval::ALL[unit], count).expect("an interval")
        })
    }

    fn any_deed() -> impl Strategy<Value = Deed> {
        prop_oneof![
            8 => (0..9_000_i64).prop_map(|hours| Deed::Wait { hours }),
            2 => Just(Deed::Cancel),
            2 => Just(Deed::Keep),
            3 => prop::option::of(0..20_000_i64)
                .prop_map(|resumes_after_hours| Deed::Pause { resumes_after_hours }),
            1 => Just(Deed::UnschedulePause),
            2 => Just(Deed::Resume),
            2 => (any_interval(), 0..10_000_i64)
                .prop_map(|(interval, amount_minor)| Deed::Update { interval, amount_minor }),
            1 => Just(Deed::EndNow),
        ]
    }

    fn update(interval: RecurringInterval, amount_minor: i64, at: OffsetDateTime) -> PendingUpdate {
        PendingUpdate {
            product_id: Uuid::nil().into(),
            price_id: Uuid::nil().into(),
            product_name: "Other".into(),
            seats: None,
            amount: Money::new(amount_minor, Currency::EUR),
            interval,
            tax_behavior: TaxBehavior::Exclusive,
            applies_at: at,
        }
    }

    /// A subscription on its way through time, with the periods it has had.
    struct Walk {
        facts: Subscription,
        pending: Option<PendingUpdate>,
        periods: Vec<Period>,
        /// The pauses that were, from and to.
        pauses: Vec<(OffsetDateTime, OffsetDateTime)>,
    }

    impl Walk {
        fn begin(&mut self, after: Subscription) {
            if let Some(from) = self.facts.paused_at {
                self.pauses.push((from, after.current_period.start));
            }
            self.facts = after;
            self.periods.push(after.current_period);
        }

        /// All that is due until `now`, step by step.
        fn run_due(&mut self, now: OffsetDateTime) {
            for _ in 0..100_000 {
                let before = match &self.pending {
                    Some(update) if update.applies_at <= now => self.facts.updated(update),
                    _ => self.facts,
                };
                match before.at_due(now) {
                    DueOutcome::Nothing => return,
                    DueOutcome::Renew(after)
                    | DueOutcome::TrialEnds(after)
                    | DueOutcome::Resume(after) => self.begin(after),
                    DueOutcome::Pause(after) | DueOutcome::End(after) => self.facts = after,
                }
                self.pending = None;
            }
            panic!("it never comes to rest");
        }

        fn act(&mut self, deed: Deed, now: OffsetDateTime) {
            let changed = match deed {
                Deed::Wait { .. } => None,
                Deed::Cancel => self.facts.cancel(now).ok().inspect(|_| self.pending = None),
                Deed::Keep => self.facts.keep(now).ok(),
                Deed::Pause { resumes_after_hours } => {
                    let resumes_at = resumes_after_hours.map(|hours| now + Duration::hours(hours));
                    self.facts.pause(now, resumes_at).ok()
                }
                Deed::UnschedulePause => self.facts.unschedule_pause(now).ok(),
                Deed::Resume => {
                    if let Ok(after) = self.facts.resume(now) {
                        self.begin(after);
                    }
                    None
                }
                Deed::Update { interval, amount_minor } => {
                    if self.facts.status.is_billable() && !self.facts.cancel_at_period_end {
                        let at = self.facts.current_period.end;
                        self.pending = Some(update(interval, amount_minor, at));
                    }
                    None
                }
                Deed::EndNow => (!self.facts.is_ended()).then(|| self.facts.ended(now)),
            };
            if let Some(after) = changed {
                self.facts = after;
            }
        }

        /// Every reachable state has a next step or is final, or waits for somebody to resume it.
        fn has_a_future(&self) -> bool {
            let facts = &self.facts;
            let waits = facts.status == SubscriptionStatus::Paused && facts.resumes_at.is_none();
            facts.is_ended() != (facts.due_at().is_some() || waits)
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        /// Ten years of anything: periods neither overlap nor leave gaps, except for the pauses, and it always goes on or is over.
        #[test]
        fn ten_years_of_anything(
            interval in any_interval(), trial_days in prop::option::of(1_i64..400), deeds in prop::collection::vec(any_deed(), 1..60),
        ) {
            let trial_end = trial_days.map(|days| START + Duration::days(days));
            let anchor = trial_end.unwrap_or(START);
            let first = trial_end.map_or_else(|| period_after(anchor, interval, 0), |end| Period { start: START, end });
            let status = if trial_end.is_some() { SubscriptionStatus::Trialing } else { SubscriptionStatus::Active };
            let facts = Subscription { status, interval, billing_anchor_at: anchor, current_period: first, trial_end, ..running() };
            let mut walk = Walk { facts, pending: None, periods: vec![first], pauses: vec![] };
            let (mut now, until) = (START, START + Duration::days(3_653));
            for deed in deeds {
                if let Deed::Wait { hours } = deed {
                    now = (now + Duration::hours(hours)).min(until);
                }
                // Sometimes the worker comes first, sometimes the customer.
                walk.act(deed, now);
                prop_assert!(walk.has_a_future(), "{:?}", walk.facts);
                walk.run_due(now);
                prop_assert!(walk.has_a_future(), "{:?}", walk.facts);
                prop_assert_eq!(walk.facts.at_due(now), DueOutcome::Nothing);
            }
            walk.run_due(until);
            for pair in walk.periods.windows(2) {
                let gap = (pair[0].end, pair[1].start);
                prop_assert!(pair[0].start < pair[0].end);
                prop_assert!(gap.0 == gap.1 || walk.pauses.contains(&gap), "{gap:?} {:?}", walk.pauses);
                prop_assert!(gap.0 <= gap.1, "overlap");
            }
            if !walk.facts.is_ended() && walk.facts.status != SubscriptionStatus::Paused {
                prop_assert!(walk.facts.current_period.contains(until));
            }
        }

        /// However late the worker comes, and in however many visits: the same periods, none twice, none left out.
        #[test]
        fn the_worker_may_be_late(visits_days in prop::collection::vec(0_i64..120, 1..12)) {
            let mut subscription = running();
            let mut now = START;
            let mut n = 0;
            for days in visits_days {
                now += Duration::days(days);
                while let DueOutcome::Renew(next) = subscription.at_due(now) {
                    n += 1;
                    prop_assert_eq!(next.current_period, period_after(START, RecurringInterval::MONTHLY, n));
                    subscription = next;
                }
                prop_assert!(subscription.current_period.contains(now));
            }
        }
    }
}
