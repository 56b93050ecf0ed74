//! The short name of an organization in its portal's address.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::field_errors::FieldError;

pub const SLUG_MIN_BYTES: usize = 2;
pub const SLUG_MAX_BYTES: usize = 64;

/// First path segments that mean something else.
pub const RESERVED: &[&str] = &[
    "admin",
    "api",
    "assets",
    "brand",
    "checkout",
    "components",
    "console",
    "dev",
    "docs",
    "events",
    "favicon",
    "health",
    "healthz",
    "livez",
    "login",
    "logout",
    "mailbox",
    "manifest",
    "metrics",
    "oauth",
    "openapi",
    "pay",
    "pkg",
    "portal",
    "public",
    "readyz",
    "robots",
    "sign-in",
    "sign-out",
    "static",
    "status",
    "texts",
    "v1",
    "v2",
    "webhooks",
    "well-known",
    "www",
];

/// Lower-case letters, digits and single hyphens between them; no reserved word.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

impl Slug {
    /// Reads a slug; spaces around it are dropped.
    ///
    /// # Errors
    /// On the field `slug`: `required`, `slug_length`, `slug_invalid`, `slug_reserved`.
    pub fn parse(raw: &str) -> Result<Self, FieldError> {
        let text = raw.trim();
        let refuse = |code: &str| Err(FieldError::new("slug", code));
        if text.is_empty() {
            return refuse("required");
        }
        if !(SLUG_MIN_BYTES..=SLUG_MAX_BYTES).contains(&text.len()) {
            return refuse("slug_length");
        }
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        if !text.split('-').all(is_word) {
            return refuse("slug_invalid");
        }
        if RESERVED.contains(&text) {
            return refuse("slug_reserved");
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Slug {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Slug {
    type Error = FieldError;

    fn try_from(text: String) -> Result<Self, FieldError> {
        Self::parse(&text)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_words_joined_by_hyphens() {
        for text in ["northwind", "a1", "my-company-2", "42"] {
            assert_eq!(Slug::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let code = |text: &str| Slug::parse(text).unwrap_err().code;
        assert_eq!(code(""), "required");
        assert_eq!(code("a"), "slug_length");
        assert_eq!(code(&"a".repeat(65)), "slug_length");
        for text in ["-a", "a-", "a--b", "Ab", "a_b", "a.b", "bücher", "../x"] {
            assert_eq!(code(text), "slug_invalid", "{text}");
        }
        for text in RESERVED {
            assert_eq!(code(text), "slug_reserved", "{text}");
        }
    }
}
