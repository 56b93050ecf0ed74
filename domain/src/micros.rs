//! Instants as stored documents hold them: whole microseconds since 1970, as Postgres keeps them.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use time::OffsetDateTime;

/// Microseconds since 1970.
pub fn of(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

/// The instant, if the calendar has it.
pub fn instant(micros: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok()
}

/// For `#[serde(with = "micros")]`.
///
/// # Errors
/// As the serializer has them.
pub fn serialize<S: Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    of(*at).serialize(serializer)
}

/// For `#[serde(with = "micros")]`.
///
/// # Errors
/// What is no number, or beyond the calendar.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
    instant(i64::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("beyond the calendar"))
}

/// For `#[serde(default, with = "micros::option")]`.
pub mod option {
    use super::{Deserialize, Deserializer, Error, OffsetDateTime, Serialize, Serializer};

    /// # Errors
    /// As the serializer has them.
    pub fn serialize<S: Serializer>(
        at: &Option<OffsetDateTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        at.map(super::of).serialize(serializer)
    }

    /// # Errors
    /// What is no number, or beyond the calendar.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<OffsetDateTime>, D::Error> {
        Option::<i64>::deserialize(deserializer)?
            .map(|micros| {
                super::instant(micros).ok_or_else(|| D::Error::custom("beyond the calendar"))
            })
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn what_is_written_is_read() {
        let at = datetime!(2026-05-01 09:00:00.123456 UTC);
        assert_eq!(instant(of(at)), Some(at));
        assert_eq!(instant(i64::MAX), None);
    }
}
