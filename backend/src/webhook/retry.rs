//! When a delivery that failed is tried again.

use rand::{Rng, RngExt};
use time::Duration;

/// Seconds before the second and every further try: about three days in all.
pub const RETRY_AFTER_S: [u32; 10] =
    [5, 30, 2 * 60, 10 * 60, 3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600, 24 * 3_600, 24 * 3_600];
/// By so much each wait is longer or shorter by chance, so that what failed together does not come back together.
const JITTER_PERCENT: i64 = 20;
/// An endpoint may ask for more time, but not for more than this.
const RETRY_AFTER_MAX: Duration = Duration::hours(24);

/// How long to wait after the `tries`th try, longer if the endpoint asks for it; `None` when that was the last.
pub(super) fn wait_after(
    tries: i32,
    asked_for: Option<Duration>,
    rng: &mut impl Rng,
) -> Option<Duration> {
    let index = usize::try_from(tries.max(1) - 1).ok()?;
    let planned_ms = i64::from(*RETRY_AFTER_S.get(index)?) * 1_000;
    let percent_ms = rng.random_range((100 - JITTER_PERCENT)..=(100 + JITTER_PERCENT));
    let planned = Duration::milliseconds(planned_ms * percent_ms / 100);
    Some(asked_for.map_or(planned, |asked_for| asked_for.min(RETRY_AFTER_MAX).max(planned)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    #[test]
    fn waits_grow_over_days_with_jitter_and_end() {
        let mut rng = Chance::seeded(1).rng();
        let mut all = Duration::ZERO;
        for (tries, planned_s) in (1..).zip(RETRY_AFTER_S) {
            let waits: Vec<_> =
                (0..50).map(|_| wait_after(tries, None, &mut rng).unwrap()).collect();
            let planned = Duration::seconds(planned_s.into());
            assert!(waits.iter().all(|wait| *wait >= planned * 0.8 && *wait <= planned * 1.2));
            assert!(waits.iter().any(|wait| *wait != waits[0]), "{tries}");
            all += planned;
        }
        assert!(all > Duration::days(2) && all < Duration::days(4), "{all}");
        assert_eq!(wait_after(11, None, &mut rng), None);
        assert_eq!(wait_after(11, Some(Duration::seconds(1)), &mut rng), None);
    }

    #[test]
    fn more_time_is_given_on_request_within_bounds() {
        let mut rng = Chance::seeded(1).rng();
        let mut asked = |asked| wait_after(1, Some(asked), &mut rng).unwrap();
        assert_eq!(asked(Duration::minutes(7)), Duration::minutes(7));
        assert_eq!(asked(Duration::days(365)), RETRY_AFTER_MAX);
        assert!(asked(Duration::ZERO) >= Duration::seconds(4));
    }
}
