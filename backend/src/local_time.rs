//! Instants as a customer's clock shows them. Only the server converts; the browser shows what it was handed.

use domain::local_time::LocalDateTime;
use time::{Date, Duration, OffsetDateTime, Time, UtcOffset};

/// The zone used where a name is unknown.
pub const UTC: &str = "UTC";

/// `instant` in the time zone `zone` (a name of the IANA database); UTC when there is no such zone.
pub fn local_date_time(instant: OffsetDateTime, zone: &str) -> LocalDateTime {
    match offset(instant, zone) {
        Some(offset) => LocalDateTime::new(instant, offset, zone),
        None => LocalDateTime::new(instant, UtcOffset::UTC, UTC),
    }
}

/// How far the clocks of `zone` are from UTC at `instant`; not at all when there is no such zone.
pub(crate) fn offset_in(zone: &str, instant: OffsetDateTime) -> UtcOffset {
    offset(instant, zone).unwrap_or(UtcOffset::UTC)
}

/// The first moment of `date` on the clocks of `zone`; of a day that a zone left out, the first moment after it.
pub fn first_moment(date: Date, zone: &str) -> OffsetDateTime {
    // No zone is further from UTC than this.
    let reach = Duration::hours(16);
    let midnight = date.with_time(Time::MIDNIGHT).assume_utc();
    let (mut before, mut after) = (midnight - reach, midnight + reach);
    while after - before > Duration::SECOND {
        let middle: OffsetDateTime = before + (after - before) / 2;
        let middle = middle.replace_nanosecond(0).unwrap_or(middle);
        if local_date_time(middle, zone).date < date {
            before = middle;
        } else {
            after = middle;
        }
    }
    after
}

/// Is there a time zone of this name?
pub fn is_zone(zone: &str) -> bool {
    tzdb::tz_by_name(zone).is_some()
}

fn offset(instant: OffsetDateTime, zone: &str) -> Option<UtcOffset> {
    let zone = tzdb::tz_by_name(zone)?;
    let local_type = zone.find_local_time_type(instant.unix_timestamp()).ok()?;
    UtcOffset::from_whole_seconds(local_type.ut_offset()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::{date, datetime, time};

    #[test]
    fn summer_time_and_the_date_line_are_minded() {
        let berlin = local_date_time(datetime!(2026-03-29 01:00 UTC), "Europe/Berlin");
        assert_eq!((berlin.date, berlin.time), (date!(2026 - 03 - 29), time!(03:00)));
        let before = local_date_time(datetime!(2026-03-29 00:59 UTC), "Europe/Berlin");
        assert_eq!(before.time, time!(01:59));
        let kiritimati = local_date_time(datetime!(2026-12-31 11:00 UTC), "Pacific/Kiritimati");
        assert_eq!(kiritimati.date, date!(2027 - 01 - 01));
    }

    #[test]
    fn a_day_begins_where_the_people_are() {
        let begins = |date, zone| first_moment(date, zone);
        assert_eq!(begins(date!(2026 - 05 - 01), "Europe/Berlin"), datetime!(2026-04-30 22:00 UTC));
        assert_eq!(
            begins(date!(2026 - 12 - 01), "America/New_York"),
            datetime!(2026-12-01 05:00 UTC)
        );
        // The clocks of Beirut go from midnight to one.
        assert_eq!(begins(date!(2026 - 03 - 29), "Asia/Beirut"), datetime!(2026-03-28 22:00 UTC));
        // Samoa left this day out.
        assert_eq!(begins(date!(2011 - 12 - 30), "Pacific/Apia"), datetime!(2011-12-30 10:00 UTC));
        assert_eq!(begins(date!(2026 - 05 - 01), "Mars/Olympus"), datetime!(2026-05-01 0:00 UTC));
    }

    #[test]
    fn an_unknown_zone_is_shown_in_utc_and_says_so() {
        let local = local_date_time(datetime!(2026-05-01 10:00 UTC), "Mars/Olympus");
        assert_eq!((local.zone.as_str(), local.time), ("UTC", time!(10:00)));
        assert!(!is_zone("Mars/Olympus") && is_zone("Europe/Berlin"));
    }
}
