//! A world in which cards fail and recover, the same for every schedule that is tried in it.
//!
//! Nobody publishes how single cards recover, so everything here is an assumption, chosen within what is said publicly:
//! want of money is by far the most common reason, then the bank's unexplained "no"; about a tenth of declines are final;
//! about half of the failed renewals come back; salaries come on few days of the month; customers enter another card mostly
//! in the first days after a mail. The schedule changes none of that: what customers do is the same in both columns.

use domain::payment::{
    AfterFailure, DeclineCode, FailedTry, RetryMoments, RetrySchedule, after_failure,
};
use time::macros::datetime;
use time::{Date, Duration, OffsetDateTime, UtcOffset, Weekday};

const BEGIN: OffsetDateTime = datetime!(2026-09-01 00:00 UTC);

/// Renewals fail within so many days, and are watched until the 60th.
const FAILING_DAYS: f64 = 30.0;
const WATCHED: Duration = Duration::days(60);

/// Shares of the reasons, in thousandths.
const REASONS: [(DeclineCode, u32); 7] = [
    (DeclineCode::InsufficientFunds, 450),
    (DeclineCode::GenericDecline, 220),
    (DeclineCode::LostCard, 110),
    (DeclineCode::ExpiredCard, 90),
    (DeclineCode::ProcessingError, 60),
    (DeclineCode::LimitExceeded, 40),
    (DeclineCode::AuthenticationRequired, 30),
];

/// How many of the tries of one card a payment system lets pass within 30 days.
const CARD_TRIES_MAX: usize = 15;

/// Which days money comes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paydays {
    /// Four of five on the 1st, the 15th or the last working day.
    Usual,
    /// On any day of the month: a world in which waiting for a payday is of no use.
    AnyDay,
}

/// What becomes of the failed renewals under one schedule.
#[derive(Debug, Default)]
pub struct Outcome {
    pub subscriptions: usize,
    /// Of those that came back: how many days after the first failure.
    pub recovered_days: Vec<f64>,
    /// Of the card that failed, the first charge not counted.
    pub tries: usize,
    pub beyond_limit: usize,
}

impl Outcome {
    pub fn recovery_rate(&self) -> f64 {
        count(self.recovered_days.len()) / count(self.subscriptions.max(1))
    }

    pub fn median_days(&self) -> f64 {
        let mut days = self.recovered_days.clone();
        days.sort_by(f64::total_cmp);
        days.get(days.len() / 2).copied().unwrap_or_default()
    }

    pub fn mean_days(&self) -> f64 {
        self.recovered_days.iter().sum::<f64>() / count(self.recovered_days.len().max(1))
    }

    pub fn tries_per_subscription(&self) -> f64 {
        count(self.tries) / count(self.subscriptions.max(1))
    }
}

pub fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

/// One failed renewal and all that will happen to its card, whoever asks.
#[derive(Debug)]
pub struct Subscription {
    chance: Chance,
    code: DeclineCode,
    zone_offset: UtcOffset,
    failed_at: OffsetDateTime,
    /// The customer enters another card then.
    new_card_at: Option<OffsetDateTime>,
    /// From then on the same card works; `None`: it never does.
    works_from: Option<OffsetDateTime>,
    income: Option<Income>,
}

/// When an account holds enough.
#[derive(Debug)]
struct Income {
    payday: Payday,
    /// So long the salary lasts.
    lasts: Duration,
    chance: Chance,
}

#[derive(Debug, Clone, Copy)]
enum Payday {
    Day(u8),
    LastWorkingDay,
}

impl Payday {
    fn is(self, day: Date) -> bool {
        match self {
            Self::Day(number) => day.day() == number.min(day.month().length(day.year())),
            Self::LastWorkingDay => {
                let length = day.month().length(day.year());
                let is_weekend =
                    |day: Date| matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
                !is_weekend(day)
                    && (day.day() + 1..=length)
                        .all(|later| day.replace_day(later).is_ok_and(is_weekend))
            }
        }
    }
}

impl Income {
    fn draw(mut chance: Chance, paydays: Paydays) -> Self {
        let any_day = Payday::Day(1 + u8::try_from(chance.below(28)).unwrap_or(0));
        let payday = match (paydays, chance.below(100)) {
            (Paydays::Usual, 0..30) => Payday::Day(1),
            (Paydays::Usual, 30..45) => Payday::Day(15),
            (Paydays::Usual, 45..80) => Payday::LastWorkingDay,
            _ => any_day,
        };
        let lasts = Duration::seconds_f64(86_400.0 * (3.0 + 20.0 * chance.share()));
        Self { payday, lasts, chance }
    }

    /// The salary arrives at six in the morning and lasts a while; besides, on one day of ten some other money comes at any
    /// hour and is there for twelve.
    fn is_enough(&self, at: OffsetDateTime, zone_offset: UtcOffset) -> bool {
        let local = at.to_offset(zone_offset);
        let today = local.date();
        let salary = (0..=24).any(|days| {
            let day = today - Duration::days(days);
            let paid_at = day.with_hms(6, 0, 0).map(|at| at.assume_offset(zone_offset));
            self.payday.is(day)
                && paid_at.is_ok_and(|paid_at| (paid_at..paid_at + self.lasts).contains(&local))
        });
        let other = (0..=1).any(|days| {
            let day = today - Duration::days(days);
            let mut chance = self.chance.of(day.to_julian_day().unsigned_abs());
            let comes = chance.below(100) < 10;
            let from = day.midnight().assume_offset(zone_offset)
                + Duration::seconds_f64(86_400.0 * chance.share());
            comes && (from..from + Duration::hours(12)).contains(&local)
        });
        salary || other
    }
}

impl Subscription {
    pub fn draw(seed: u64, number: u32, paydays: Paydays) -> Self {
        let mut chance = Chance(seed).of(number);
        let zone_offset = [1, -5, 9][usize::try_from(chance.below(3)).unwrap_or(0)];
        let zone_offset = UtcOffset::from_hms(zone_offset, 0, 0).unwrap_or(UtcOffset::UTC);
        let mut draw = chance.below(1000);
        let mut code = DeclineCode::GenericDecline;
        for (reason, share) in REASONS {
            if draw < share {
                code = reason;
                break;
            }
            draw -= share;
        }
        let income = (code == DeclineCode::InsufficientFunds)
            .then(|| Income::draw(chance.of(1_u32), paydays));
        let failed_at = loop {
            let at = BEGIN + Duration::seconds_f64(86_400.0 * FAILING_DAYS * chance.share());
            // It failed: there was no money.
            if income.as_ref().is_none_or(|income| !income.is_enough(at, zone_offset)) {
                break at;
            }
        };
        let new_card_at = new_card_after(&mut chance, code).map(|after| failed_at + after);
        let works_from = works_after(&mut chance, code).map(|after| failed_at + after);
        Self { chance, code, zone_offset, failed_at, new_card_at, works_from, income }
    }

    /// Whether the same card pays.
    fn pays(&self, at: OffsetDateTime) -> bool {
        let is_over = self.works_from.is_some_and(|from| from <= at);
        match (&self.income, self.code) {
            (Some(income), _) => is_over && income.is_enough(at, self.zone_offset),
            // The bank's own judgment, another one each day.
            (None, DeclineCode::GenericDecline) => {
                let day = at.to_offset(UtcOffset::UTC).to_julian_day().unsigned_abs();
                is_over && self.chance.of(day).below(100) < 25
            }
            _ => is_over,
        }
    }

    /// Walks it through one schedule.
    pub fn play(&self, schedule: &RetrySchedule, is_better: bool, outcome: &mut Outcome) {
        let moments = if is_better {
            RetryMoments::Better { zone_offset: self.zone_offset }
        } else {
            RetryMoments::Exact
        };
        let deadline = schedule.deadline(self.failed_at);
        let new_card_at = self.new_card_at.filter(|at| *at < deadline);
        let mut failed = vec![FailedTry { at: self.failed_at, code: self.code }];
        let mut card_tries = vec![self.failed_at];
        outcome.subscriptions += 1;
        let recovered_at = loop {
            let now = failed[failed.len() - 1].at;
            let next = after_failure(schedule, moments, &failed, self.code, self.failed_at, now);
            let next_at = match next {
                AfterFailure::NextAt(at) if self.code.is_recoverable() => Some(at),
                _ => None,
            };
            match (next_at, new_card_at) {
                (Some(at), _) if new_card_at.is_none_or(|new| at < new) => {
                    card_tries.push(at);
                    if self.pays(at) {
                        break Some(at);
                    }
                    failed.push(FailedTry { at, code: self.code });
                }
                (_, other) => break other,
            }
        };
        outcome.tries += card_tries.len() - 1;
        outcome.beyond_limit += beyond_limit(&card_tries, self.code);
        if let Some(at) = recovered_at.filter(|at| *at <= BEGIN + WATCHED) {
            outcome.recovered_days.push((at - self.failed_at).as_seconds_f64() / 86_400.0);
        }
    }
}

/// Mostly in the first days after the mail, and more often when the mail says that nothing else helps.
fn new_card_after(chance: &mut Chance, code: DeclineCode) -> Option<Duration> {
    let thousandths_a_day = |day: u32| match (day, code.is_recoverable()) {
        (0..=2, true) => 30,
        (0..=2, false) => 90,
        (_, true) => 5,
        (_, false) => 15,
    };
    let day = (0..22).find(|day| chance.below(1000) < thousandths_a_day(*day))?;
    Some(Duration::seconds_f64(86_400.0 * (f64::from(day) + chance.share())))
}

/// How long what is wrong with the card itself lasts.
fn works_after(chance: &mut Chance, code: DeclineCode) -> Option<Duration> {
    let (percent, mean_days) = match code {
        DeclineCode::InsufficientFunds => (60, 0.0),
        DeclineCode::GenericDecline => (45, 0.5),
        DeclineCode::ProcessingError => (95, 0.2),
        DeclineCode::LimitExceeded => (90, 2.0),
        // The payment system tells the processor of the new card.
        DeclineCode::ExpiredCard => (30, 5.0),
        _ => (0, 0.0),
    };
    let draw = chance.below(100);
    let exponential = -(1.0 - chance.share()).ln();
    (draw < percent).then(|| Duration::seconds_f64(86_400.0 * mean_days * exponential))
}

/// Of the tries of one card: those within a day of the one before, but the one early retry, and those beyond 15 in 30 days.
fn beyond_limit(card_tries: &[OffsetDateTime], code: DeclineCode) -> usize {
    let near = card_tries.windows(2).filter(|pair| pair[1] - pair[0] < Duration::DAY).count();
    let crowded = card_tries
        .windows(CARD_TRIES_MAX + 1)
        .filter(|tries| tries[CARD_TRIES_MAX] - tries[0] <= Duration::days(30))
        .count();
    near.saturating_sub(usize::from(code == DeclineCode::ProcessingError)) + crowded
}

/// `SplitMix64`: the same numbers on every machine.
#[derive(Debug, Clone, Copy)]
pub struct Chance(pub u64);

impl Chance {
    /// Another sequence, which depends on nothing but this one's beginning and the number.
    fn of(self, number: impl Into<u64>) -> Self {
        let mut chance = Self(self.0 ^ (number.into() + 1).wrapping_mul(0xD134_2543_DE82_EF95));
        Self(chance.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to under 1.
    fn share(&mut self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap_or(0)) / 4_294_967_296.0
    }

    fn below(&mut self, end: u32) -> u32 {
        u32::try_from((u64::from(end) * (self.next() >> 32)) >> 32).unwrap_or(0)
    }
}
