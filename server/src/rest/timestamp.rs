//! Instants on the wire.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};
use utoipa::{PartialSchema, ToSchema, openapi};

/// An instant as RFC 3339 in UTC with microseconds, such as `2026-05-01T10:00:00.000000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timestamp(pub OffsetDateTime);

impl From<OffsetDateTime> for Timestamp {
    fn from(at: OffsetDateTime) -> Self {
        Self(at)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = self.0.to_offset(UtcOffset::UTC);
        serializer.collect_str(&format_args!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.microsecond()
        ))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    /// RFC 3339 with any offset; what is finer than microseconds is cut off.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let at = OffsetDateTime::parse(&text, &Rfc3339)
            .ok()
            .and_then(|at| at.checked_to_offset(UtcOffset::UTC))
            .filter(|at| (1..=9_999).contains(&at.year()))
            .ok_or_else(|| D::Error::custom("this is no instant with an offset (RFC 3339)"))?;
        Ok(Self(at.replace_microsecond(at.microsecond()).unwrap_or(at)))
    }
}

impl PartialSchema for Timestamp {
    fn schema() -> openapi::RefOr<openapi::Schema> {
        openapi::ObjectBuilder::new()
            .schema_type(openapi::schema::Type::String)
            .format(Some(openapi::SchemaFormat::KnownFormat(openapi::KnownFormat::DateTime)))
            .into()
    }
}

impl ToSchema for Timestamp {}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn instants_are_told_in_utc_with_microseconds() {
        let at = Timestamp(datetime!(2026-05-01 12:00:00.000001 +2));
        assert_eq!(serde_json::to_string(&at).unwrap(), "\"2026-05-01T10:00:00.000001Z\"");
    }

    #[test]
    fn instants_are_read_with_any_offset() {
        let read = |text: &str| serde_json::from_value::<Timestamp>(text.into()).ok();
        for text in ["2026-05-01T12:00:00.0000019+02:00", "2026-05-01T10:00:00.000001Z"] {
            assert_eq!(read(text), Some(Timestamp(datetime!(2026-05-01 10:00:00.000001 UTC))));
        }
        for text in [
            "",
            "2026-05-01",
            "2026-05-01T12:00:00",
            "2026-13-01T00:00:00Z",
            "0000-01-01T00:00:00Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
