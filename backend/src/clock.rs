//! The port through which time enters: whole microseconds, as Postgres keeps them.

use std::fmt;
use std::sync::Mutex;

use time::{Duration, OffsetDateTime};

/// Tells the time. Real in production; settable in tests and in the demo.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present instant in UTC, cut to whole microseconds.
    fn now(&self) -> OffsetDateTime;
}

/// Cuts an instant to whole microseconds, so that what is written is what is read back.
pub fn whole_microseconds(instant: OffsetDateTime) -> OffsetDateTime {
    let extra_ns = instant.nanosecond() % 1_000;
    instant.to_offset(time::UtcOffset::UTC) - Duration::nanoseconds(i64::from(extra_ns))
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the system's clock is read")]
    fn now(&self) -> OffsetDateTime {
        whole_microseconds(OffsetDateTime::now_utc())
    }
}

/// A clock that stands still until it is set or moved.
#[derive(Debug)]
pub struct FakeClock {
    now: Mutex<OffsetDateTime>,
}

impl FakeClock {
    /// A clock that stands at `start`.
    pub fn at(start: OffsetDateTime) -> Self {
        Self { now: Mutex::new(whole_microseconds(start)) }
    }

    /// Moves the clock to `instant`, also backwards.
    pub fn set(&self, instant: OffsetDateTime) {
        *self.lock() = whole_microseconds(instant);
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let mut now = self.lock();
        *now = whole_microseconds(*now + by);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, OffsetDateTime> {
        self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for FakeClock {
    fn now(&self) -> OffsetDateTime {
        *self.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn time_is_cut_to_microseconds() {
        let instant = datetime!(2026-05-01 10:00:00.123456789 +2);
        assert_eq!(whole_microseconds(instant), datetime!(2026-05-01 08:00:00.123456 UTC));
    }

    #[test]
    fn a_fake_clock_moves_only_when_told() {
        let clock = FakeClock::at(datetime!(2026-01-31 00:00 UTC));
        assert_eq!(clock.now(), clock.now());
        clock.advance(Duration::days(1));
        assert_eq!(clock.now(), datetime!(2026-02-01 00:00 UTC));
    }
}
