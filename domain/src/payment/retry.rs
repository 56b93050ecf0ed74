//! When an order whose charge failed is tried again, and when its subscription ends.

use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset, Weekday};

use super::DeclineCode;

/// Payment systems ask for some distance between tries of one charge; ours is a day.
const TRIES_APART: Duration = Duration::DAY;

/// What failed inside a bank or a processor has often passed an hour later.
const EARLY_RETRY_AFTER: Duration = Duration::HOUR;

/// When a salary that arrives over night is on the account.
const MORNING: Time = time::macros::time!(09:00);

/// So many days after the planned one a payday is worth waiting for.
const PAYDAY_WITHIN_DAYS: u8 = 2;

/// Days from one failed try of an order to the next. After the last of them fails, the subscription ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrySchedule {
    days: Vec<i16>,
}

/// A schedule that nobody should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RetryScheduleError {
    #[error("a schedule has 1 to 8 retries")]
    Count,
    #[error("a retry comes 1 to 30 days after the try before it")]
    Days,
}

impl RetrySchedule {
    /// With the first charge, one early retry and five tries by the customer, that makes the 15 tries of one charge that Visa
    /// allows within 30 days (Mastercard: 35).
    pub const RETRIES_MAX: usize = 8;

    /// # Errors
    /// Fewer than one or more than eight retries; a distance under one day or over 30.
    pub fn new(days: Vec<i16>) -> Result<Self, RetryScheduleError> {
        if days.is_empty() || days.len() > Self::RETRIES_MAX {
            return Err(RetryScheduleError::Count);
        }
        if days.iter().any(|days| !(1..=30).contains(days)) {
            return Err(RetryScheduleError::Days);
        }
        Ok(Self { days })
    }

    pub fn days(&self) -> &[i16] {
        &self.days
    }

    /// When a subscription that is past due since `past_due_at` ends: a minute after the last retry was due.
    pub fn deadline(&self, past_due_at: OffsetDateTime) -> OffsetDateTime {
        past_due_at + self.until_retry(self.days.len()) + Duration::MINUTE
    }

    /// From the first failure to the `number`-th retry, counted from one.
    fn until_retry(&self, number: usize) -> Duration {
        Duration::days(self.days.iter().take(number).copied().map(i64::from).sum())
    }
}

impl Default for RetrySchedule {
    /// 2, 5, 7 and 7 days: three weeks.
    fn default() -> Self {
        Self { days: vec![2, 5, 7, 7] }
    }
}

/// How closely the days of a schedule are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryMoments {
    /// To the second.
    Exact,
    /// To the day, at a moment that promises more. `zone_offset` is that of the customer's clock.
    Better { zone_offset: UtcOffset },
}

/// One try of an order that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedTry {
    pub at: OffsetDateTime,
    pub code: DeclineCode,
}

/// What follows a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// Look at the order again then: try again, or, past the last day, give up.
    NextAt(OffsetDateTime),
    GiveUp,
}

/// What follows when a try of an order has failed at `now` with `code`, of a subscription past due since `past_due_at`.
/// `tries` are the order's failed tries that count ([`PaymentTrigger::is_scheduled`](super::PaymentTrigger::is_scheduled)),
/// oldest first, with this one if it does.
///
/// - A decline that cannot recover is not tried again; it leaves the customer all the time until the deadline.
/// - Others follow the days of the schedule. With [`RetryMoments::Better`], one that failed in a bank's or processor's
///   machine is tried once more after an hour; one for want of money is tried at nine in the morning of the planned day, or of
///   the first usual payday (the 1st, the 15th, the last working day of a month) in the two days after it.
/// - Never later than the deadline, never more often than the schedule has days and that one early retry, and no two tries
///   within a day but the early one (and one at the deadline itself, when a try came late).
pub fn after_failure(
    schedule: &RetrySchedule,
    moments: RetryMoments,
    tries: &[FailedTry],
    code: DeclineCode,
    past_due_at: OffsetDateTime,
    now: OffsetDateTime,
) -> AfterFailure {
    let deadline = schedule.deadline(past_due_at);
    let next_at = if code.is_recoverable() {
        next_try(schedule, moments, tries, code, deadline, now)
    } else {
        Some(deadline)
    };
    match next_at {
        Some(at) if now < deadline => AfterFailure::NextAt(at.min(deadline)),
        _ => AfterFailure::GiveUp,
    }
}

/// `None`: the schedule has no further day.
fn next_try(
    schedule: &RetrySchedule,
    moments: RetryMoments,
    tries: &[FailedTry],
    code: DeclineCode,
    deadline: OffsetDateTime,
    now: OffsetDateTime,
) -> Option<OffsetDateTime> {
    let early = usize::from(had_early_retry(tries));
    let failures = (tries.len() - early).max(1);
    let days = *schedule.days.get(failures - 1)?;
    let RetryMoments::Better { zone_offset } = moments else {
        return Some(now + Duration::days(days.into()));
    };
    if code == DeclineCode::ProcessingError && early == 0 {
        return Some(now + EARLY_RETRY_AFTER);
    }
    // Counted from the first try: a moved one moves none of those after it.
    let first_at = tries.first().map_or(now, |first| first.at);
    let earliest = now + TRIES_APART;
    let planned = (first_at + schedule.until_retry(failures)).max(earliest);
    if code != DeclineCode::InsufficientFunds {
        return Some(planned);
    }
    let latest = if failures < schedule.days.len() {
        first_at + schedule.until_retry(failures + 1) - TRIES_APART
    } else {
        deadline
    };
    let promising = promising_moments(planned, zone_offset);
    Some(promising.into_iter().find(|at| (earliest..=latest).contains(at)).unwrap_or(planned))
}

/// The one early retry is the only try that follows another within a day.
fn had_early_retry(tries: &[FailedTry]) -> bool {
    tries.windows(2).any(|pair| {
        pair[0].code == DeclineCode::ProcessingError && pair[1].at - pair[0].at < TRIES_APART
    })
}

/// Moments at which there may be money again, the best first.
fn promising_moments(planned: OffsetDateTime, zone_offset: UtcOffset) -> Vec<OffsetDateTime> {
    let day = planned.to_offset(zone_offset).date();
    let paydays = std::iter::successors(Some(day), |day| day.next_day())
        .take(usize::from(PAYDAY_WITHIN_DAYS) + 1)
        .find(|day| is_payday(*day));
    paydays
        .into_iter()
        .chain([day])
        .map(|day| {
            PrimitiveDateTime::new(day, MORNING)
                .assume_offset(zone_offset)
                .to_offset(UtcOffset::UTC)
        })
        .collect()
}

/// The 1st, the 15th, and the last working day of a month.
fn is_payday(day: Date) -> bool {
    day.day() == 1 || day.day() == 15 || is_last_working_day(day)
}

fn is_last_working_day(day: Date) -> bool {
    let until_next = match day.weekday() {
        Weekday::Saturday | Weekday::Sunday => return false,
        Weekday::Friday => Duration::days(3),
        _ => Duration::DAY,
    };
    day.checked_add(until_next).is_none_or(|next| next.month() != day.month())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::macros::{date, datetime, offset};

    const FIRST: OffsetDateTime = datetime!(2026-05-04 13:00 UTC);
    const BERLIN: RetryMoments = RetryMoments::Better { zone_offset: offset!(+2) };

    /// When the order is tried, if every try is declined with what `code` says for it and comes `late` after it was due.
    fn walk(
        schedule: &RetrySchedule,
        moments: RetryMoments,
        first_at: OffsetDateTime,
        code: impl Fn(usize) -> DeclineCode,
        late: Duration,
    ) -> Vec<OffsetDateTime> {
        let mut tries = vec![FailedTry { at: first_at, code: code(0) }];
        loop {
            let FailedTry { at: now, code: last } = tries[tries.len() - 1];
            match after_failure(schedule, moments, &tries, last, first_at, now) {
                AfterFailure::NextAt(_) if !last.is_recoverable() => break,
                AfterFailure::NextAt(at) => {
                    tries.push(FailedTry { at: at + late, code: code(tries.len()) });
                }
                AfterFailure::GiveUp => break,
            }
        }
        tries.iter().map(|failed| failed.at).collect()
    }

    fn walk_days(moments: RetryMoments, code: DeclineCode) -> Vec<OffsetDateTime> {
        walk(&RetrySchedule::default(), moments, FIRST, |_| code, Duration::ZERO)
    }

    #[test]
    fn exactly_four_retries_over_three_weeks_then_the_end() {
        for code in [DeclineCode::InsufficientFunds, DeclineCode::ProcessingError] {
            let tries = walk_days(RetryMoments::Exact, code);
            let days = tries.iter().map(|at| *at - FIRST).collect::<Vec<_>>();
            assert_eq!(days, [0, 2, 7, 14, 21].map(Duration::days));
        }
        assert_eq!(
            RetrySchedule::default().deadline(FIRST) - FIRST,
            Duration::days(21) + Duration::MINUTE
        );
    }

    #[test]
    fn what_cannot_recover_waits_for_the_last_day() {
        let schedule = RetrySchedule::default();
        let deadline = schedule.deadline(FIRST);
        let code = DeclineCode::LostCard;
        for moments in [RetryMoments::Exact, BERLIN] {
            for (now, expected) in [
                (FIRST, AfterFailure::NextAt(deadline)),
                (FIRST + Duration::days(3), AfterFailure::NextAt(deadline)),
                (deadline, AfterFailure::GiveUp),
            ] {
                let tries = [FailedTry { at: now, code }];
                assert_eq!(after_failure(&schedule, moments, &tries, code, FIRST, now), expected);
            }
        }
    }

    #[test]
    fn empty_accounts_are_asked_in_the_morning_and_on_paydays() {
        assert_eq!(
            walk_days(BERLIN, DeclineCode::InsufficientFunds),
            [
                FIRST,
                datetime!(2026-05-06 7:00 UTC),
                datetime!(2026-05-11 7:00 UTC),
                datetime!(2026-05-18 7:00 UTC),
                datetime!(2026-05-25 7:00 UTC),
            ],
        );
        // The 13th waits for the 15th; the 27th cannot wait for the last working day, the 29th.
        let first_at = datetime!(2026-05-06 13:00 UTC);
        let tries = walk(
            &RetrySchedule::default(),
            BERLIN,
            first_at,
            |_| DeclineCode::InsufficientFunds,
            Duration::ZERO,
        );
        assert_eq!(tries[2], datetime!(2026-05-15 7:00 UTC));
        assert_eq!(tries[4], datetime!(2026-05-27 7:00 UTC), "the end does not wait");
        let first_at = datetime!(2026-05-12 13:00 UTC);
        let tries = walk(
            &RetrySchedule::default(),
            BERLIN,
            first_at,
            |_| DeclineCode::InsufficientFunds,
            Duration::ZERO,
        );
        assert_eq!(tries[1], datetime!(2026-05-15 7:00 UTC));
        assert_eq!(tries[2], datetime!(2026-05-19 7:00 UTC), "moved by itself alone");
    }

    #[test]
    fn a_fault_is_tried_again_after_an_hour_and_only_once() {
        let tries = walk_days(BERLIN, DeclineCode::ProcessingError);
        let after = tries.iter().map(|at| *at - FIRST).collect::<Vec<_>>();
        let day = Duration::days;
        assert_eq!(after, [Duration::ZERO, Duration::HOUR, day(2), day(7), day(14), day(21)]);
    }

    #[test]
    fn the_last_working_day_is_before_the_weekend() {
        for (day, expected) in [
            (date!(2026 - 05 - 29), true),
            (date!(2026 - 05 - 30), false),
            (date!(2026 - 05 - 31), false),
            (date!(2026 - 06 - 30), true),
            (date!(2026 - 06 - 29), false),
            (date!(2026 - 06 - 26), false),
        ] {
            assert_eq!(is_last_working_day(day), expected, "{day}");
        }
    }

    #[test]
    fn schedules_nobody_should_have_are_refused() {
        assert_eq!(RetrySchedule::new(vec![]), Err(RetryScheduleError::Count));
        assert_eq!(RetrySchedule::new(vec![1; 9]), Err(RetryScheduleError::Count));
        assert_eq!(RetrySchedule::new(vec![3, 0]), Err(RetryScheduleError::Days));
        assert_eq!(RetrySchedule::new(vec![31]), Err(RetryScheduleError::Days));
        assert_eq!(RetrySchedule::new(vec![30; 8]).map(|s| s.days().len()), Ok(8));
    }

    const SOFT: [DeclineCode; 4] = [
        DeclineCode::InsufficientFunds,
        DeclineCode::ProcessingError,
        DeclineCode::GenericDecline,
        DeclineCode::ExpiredCard,
    ];

    proptest! {
        #[test]
        fn tries_are_few_and_apart_and_in_time(
            days in prop::collection::vec(1..=30_i16, 1..=8),
            codes in prop::collection::vec(0..SOFT.len(), 11),
            start_s in 1_700_000_000..1_900_000_000_i64,
            offset_h in -12..=14_i8,
            is_exact: bool,
            late_s in prop_oneof![Just(0_i64), 0..200_000_i64],
        ) {
            let schedule = RetrySchedule::new(days).unwrap();
            let first_at = OffsetDateTime::from_unix_timestamp(start_s).unwrap();
            let zone_offset = UtcOffset::from_hms(offset_h, 0, 0).unwrap();
            let moments = if is_exact { RetryMoments::Exact } else { RetryMoments::Better { zone_offset } };
            let late = Duration::seconds(late_s);
            let tries = walk(&schedule, moments, first_at, |n| SOFT[codes[n.min(10)]], late);

            let early = usize::from(!is_exact);
            prop_assert!(tries.len() <= 1 + schedule.days().len() + early);
            prop_assert!(tries.len() + 5 <= 15, "with the customer's own");
            let deadline = schedule.deadline(first_at);
            prop_assert!(tries.iter().all(|at| *at <= deadline + late));
            prop_assert!(tries.is_sorted() && tries.windows(2).all(|pair| pair[0] < pair[1]));
            let near = tries.windows(2).filter(|pair| pair[1] - pair[0] < TRIES_APART && pair[1] < deadline);
            prop_assert!(near.count() <= early);
            if late == Duration::ZERO {
                prop_assert!(tries.len() > schedule.days().len(), "no day of the schedule is lost");
            }
        }

        #[test]
        fn a_longer_schedule_ends_later(days in prop::collection::vec(1..=30_i16, 1..=7), more in 1..=30_i16) {
            let longer = [days.clone(), vec![more]].concat();
            let [short, long] = [days, longer].map(|days| RetrySchedule::new(days).unwrap().deadline(FIRST));
            prop_assert!(short < long);
        }
    }
}
