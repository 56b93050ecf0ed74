//! Moments as people read them. The server converts to a zone; the browser only shows what it was handed.

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime, Time, UtcOffset};

/// Date, time of day and zone name of a moment, to the minute. Made by the server only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalDateTime {
    #[serde(with = "date_text")]
    pub date: Date,
    #[serde(with = "time_text")]
    pub time: Time,
    /// The zone's name in the tz database, as in `Europe/Berlin`.
    pub zone: String,
}

impl LocalDateTime {
    /// The moment as a clock in `zone` shows it, given that zone's offset at that moment.
    pub fn new(at: OffsetDateTime, offset: UtcOffset, zone: impl Into<String>) -> Self {
        let local = at.to_offset(offset);
        let time = Time::from_hms(local.hour(), local.minute(), 0).unwrap_or(Time::MIDNIGHT);
        Self { date: local.date(), time, zone: zone.into() }
    }
}

/// Reads `2026-05-01`.
pub fn parse_date(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    let month: u8 = digits(month)?.try_into().ok()?;
    Date::from_calendar_date(
        digits(year)?.into(),
        month.try_into().ok()?,
        digits(day)?.try_into().ok()?,
    )
    .ok()
}

/// Writes `2026-05-01`.
pub fn date_string(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

/// Reads `14:03`.
pub fn parse_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    if (hour.len(), minute.len()) != (2, 2) {
        return None;
    }
    Time::from_hms(digits(hour)?.try_into().ok()?, digits(minute)?.try_into().ok()?, 0).ok()
}

fn digits(text: &str) -> Option<u16> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// For `#[serde(with = "domain::local_time::date_text")]`: a date as `2026-05-01`.
pub mod date_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};
    use time::Date;

    /// # Errors
    /// Only the serializer's own.
    pub fn serialize<S: Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::date_string(*date))
    }

    /// # Errors
    /// When the text is no date.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::parse_date(&text)
            .ok_or_else(|| D::Error::custom("a date such as 2026-05-01 is expected"))
    }
}

/// For `#[serde(with = "domain::local_time::time_text")]`: a time of day as `14:03`.
pub mod time_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};
    use time::Time;

    /// # Errors
    /// Only the serializer's own.
    pub fn serialize<S: Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:02}:{:02}", time.hour(), time.minute()))
    }

    /// # Errors
    /// When the text is no time of day.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::parse_time(&text).ok_or_else(|| D::Error::custom("a time such as 14:03 is expected"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::{date, datetime, offset, time};

    #[test]
    fn shows_the_clock_of_the_zone() {
        let at = datetime!(2026-04-30 22:03:59.123456 UTC);
        let local = LocalDateTime::new(at, offset!(+2), "Europe/Berlin");
        assert_eq!((local.date, local.time), (date!(2026 - 05 - 01), time!(0:03)));
        let json = serde_json::to_string(&local).unwrap();
        assert_eq!(json, r#"{"date":"2026-05-01","time":"00:03","zone":"Europe/Berlin"}"#);
        assert_eq!(serde_json::from_str::<LocalDateTime>(&json).unwrap(), local);
    }

    #[test]
    fn refuses_other_texts() {
        for text in
            ["", "2026-5-1", "2026-02-30", "2026-13-01", "26-01-01", "+026-01-01", "2026-01-01T"]
        {
            assert_eq!(parse_date(text), None, "{text}");
        }
        for text in ["", "1:03", "24:00", "12:60", "12:03:04", "-1:00"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
