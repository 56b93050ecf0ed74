//! The languages the portal speaks.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A language with complete texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Locale {
    #[default]
    #[serde(rename = "en")]
    En,
    #[serde(rename = "de")]
    De,
}

impl Locale {
    pub const ALL: [Self; 2] = [Self::En, Self::De];

    /// The BCP 47 tag, as in `<html lang>`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// The language's name in itself, for a language menu.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::De => "Deutsch",
        }
    }

    /// By the primary subtag: `de`, `de-AT` and `DE_ch` are all German here.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next()?;
        Self::ALL.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(primary))
    }

    /// The best match for an `Accept-Language` header (RFC 9110, 12.5.4); of equal weights the first.
    pub fn negotiate(accept_language: &str, default: Self) -> Self {
        let mut best: Option<(u16, Self)> = None;
        // A header lists a handful; more is noise and not worth reading.
        for part in accept_language.split(',').take(32) {
            let mut fields = part.split(';');
            let tag = fields.next().unwrap_or("").trim();
            let weight = fields
                .find_map(|field| field.trim().strip_prefix("q=").map(weight_per_mille))
                .unwrap_or(1000);
            let locale = if tag == "*" { Some(default) } else { Self::from_tag(tag) };
            if let Some(locale) = locale
                && weight > 0
                && best.is_none_or(|(best_weight, _)| weight > best_weight)
            {
                best = Some((weight, locale));
            }
        }
        best.map_or(default, |(_, locale)| locale)
    }
}

/// `0.8` as 800; what is no weight counts as 0.
fn weight_per_mille(text: &str) -> u16 {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return 0;
    }
    let per_mille = format!("{fraction:0<3}").parse::<u16>().unwrap_or(0);
    match whole {
        "1" => 1000,
        "0" => per_mille,
        _ => 0,
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_primary_subtag() {
        assert_eq!(Locale::from_tag("de-AT"), Some(Locale::De));
        assert_eq!(Locale::from_tag("EN_us"), Some(Locale::En));
        assert_eq!(Locale::from_tag("fr"), None);
        assert_eq!(Locale::from_tag(""), None);
        for locale in Locale::ALL {
            assert_eq!(Locale::from_tag(locale.tag()), Some(locale));
            assert_eq!(serde_json::to_string(&locale).unwrap(), format!("\"{}\"", locale.tag()));
        }
    }

    #[test]
    fn negotiates_by_weight() {
        let negotiate = |header: &str| Locale::negotiate(header, Locale::En);
        assert_eq!(negotiate("de-DE,de;q=0.9,en;q=0.8"), Locale::De);
        assert_eq!(negotiate("fr, en;q=0.5, de;q=0.7"), Locale::De);
        assert_eq!(negotiate("de;q=0, en;q=0.1"), Locale::En);
        assert_eq!(negotiate(""), Locale::En);
        assert_eq!(negotiate("xx;;;q=9,,,"), Locale::En);
        assert_eq!(Locale::negotiate("*", Locale::De), Locale::De);
        assert_eq!(Locale::negotiate("fr", Locale::De), Locale::De);
    }
}
