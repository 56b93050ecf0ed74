//! What an organization notes at its own objects.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Keys of one object.
pub const KEYS_MAX: usize = 50;
/// Characters of a key.
pub const KEY_CHARS_MAX: usize = 40;
/// Characters of a text.
pub const VALUE_CHARS_MAX: usize = 500;

/// A value: a text of 1 to 500 characters, a number, or yes and no.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MetadataValue {
    Flag(bool),
    Whole(i64),
    Number(f64),
    Text(String),
}

/// Up to 50 values under keys of 1 to 40 characters.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, MetadataValue>")]
pub struct Metadata(BTreeMap<String, MetadataValue>);

/// Why a map cannot be metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    #[error("at most 50 keys fit")]
    TooManyKeys,
    #[error("a key has 1 to 40 characters")]
    Key,
    #[error("a text has 1 to 500 characters")]
    Value,
}

impl Metadata {
    pub const fn as_map(&self) -> &BTreeMap<String, MetadataValue> {
        &self.0
    }
}

impl TryFrom<BTreeMap<String, MetadataValue>> for Metadata {
    type Error = MetadataError;

    fn try_from(map: BTreeMap<String, MetadataValue>) -> Result<Self, MetadataError> {
        if map.len() > KEYS_MAX {
            return Err(MetadataError::TooManyKeys);
        }
        for (key, value) in &map {
            if !(1..=KEY_CHARS_MAX).contains(&key.chars().count()) {
                return Err(MetadataError::Key);
            }
            if let MetadataValue::Text(text) = value
                && !(1..=VALUE_CHARS_MAX).contains(&text.chars().count())
            {
                return Err(MetadataError::Value);
            }
        }
        Ok(Self(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(
        pairs: impl IntoIterator<Item = (String, MetadataValue)>,
    ) -> Result<Metadata, MetadataError> {
        pairs.into_iter().collect::<BTreeMap<_, _>>().try_into()
    }

    #[test]
    fn keys_and_texts_have_their_lengths() {
        let text = |chars| MetadataValue::Text("ä".repeat(chars));
        assert!(of([("k".repeat(40), text(500))]).is_ok());
        assert_eq!(of([("k".repeat(41), text(1))]), Err(MetadataError::Key));
        assert_eq!(of([(String::new(), text(1))]), Err(MetadataError::Key));
        assert_eq!(of([("k".into(), text(0))]), Err(MetadataError::Value));
        assert_eq!(of([("k".into(), text(501))]), Err(MetadataError::Value));
        let many =
            |count: usize| of((0..count).map(|n| (n.to_string(), MetadataValue::Flag(true))));
        assert!(many(50).is_ok());
        assert_eq!(many(51), Err(MetadataError::TooManyKeys));
    }
}
