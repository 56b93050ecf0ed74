//! E-mail addresses, as far as a form can judge them: whether one arrives is shown by the mail.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::field_errors::FieldError;

/// The most bytes that SMTP carries in a path (RFC 5321, 4.5.3.1.3, less the angle brackets).
pub const EMAIL_MAX_BYTES: usize = 254;
/// The most bytes before the @ (RFC 5321, 4.5.3.1.1).
pub const EMAIL_LOCAL_MAX_BYTES: usize = 64;

/// An e-mail address as its owner wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address; spaces around it are dropped, capitals are kept.
    ///
    /// # Errors
    /// On the field `email`: `required`, `email_too_long`, `email_invalid`.
    pub fn parse(raw: &str) -> Result<Self, FieldError> {
        let text = raw.trim();
        let refuse = |code: &str| Err(FieldError::new("email", code));
        if text.is_empty() {
            return refuse("required");
        }
        if text.len() > EMAIL_MAX_BYTES {
            return refuse("email_too_long");
        }
        let Some((local, host)) = text.split_once('@') else {
            return refuse("email_invalid");
        };
        if is_local_part(local) && is_host(host) {
            Ok(Self(text.to_owned()))
        } else {
            refuse("email_invalid")
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Lower-case, for comparing and finding: providers do not tell capitals apart.
    pub fn normalized(&self) -> String {
        self.0.to_lowercase()
    }

    /// What follows the @.
    pub fn host(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, host)| host)
    }
}

fn is_local_part(local: &str) -> bool {
    !local.is_empty()
        && local.len() <= EMAIL_LOCAL_MAX_BYTES
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|c| {
            !c.is_whitespace()
                && !c.is_control()
                && !matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | ',' | ';' | ':' | '\\' | '"')
        })
}

fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    (host.contains('.') || host.eq_ignore_ascii_case("localhost")) && host.split('.').all(is_label)
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for EmailAddress {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = FieldError;

    fn try_from(text: String) -> Result<Self, FieldError> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(email: EmailAddress) -> Self {
        email.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_was_written() {
        for text in [
            "a@b.co",
            "Ada.Lovelace+bills@Example.ORG",
            "root@localhost",
            "müller@bücher.example",
            "o'neil@example.com",
        ] {
            assert_eq!(EmailAddress::parse(text).unwrap().as_str(), text);
        }
        assert_eq!(EmailAddress::parse("  a@b.co\n").unwrap().as_str(), "a@b.co");
        assert_eq!(EmailAddress::parse("Ada@Example.ORG").unwrap().normalized(), "ada@example.org");
        assert_eq!(EmailAddress::parse("ada@example.org").unwrap().host(), "example.org");
    }

    #[test]
    fn says_what_is_wrong() {
        let code = |text: &str| EmailAddress::parse(text).unwrap_err().code;
        assert_eq!(code("   "), "required");
        assert_eq!(code(&format!("a@{}.com", "b".repeat(10_000))), "email_too_long");
        for text in [
            "a",
            "@b.co",
            "a@",
            "a@b",
            "a@@b.co",
            "a@b@c.co",
            "a b@c.co",
            "a@b .co",
            "a@.co",
            "a@b..co",
            "a@-b.co",
            ".a@b.co",
            "a.@b.co",
            "a..b@c.co",
            "a\u{0}b@c.co",
            "a\r\nBcc:x@y.co",
            "<a@b.co>",
        ] {
            assert_eq!(code(text), "email_invalid", "{text:?}");
        }
        assert_eq!(code(&format!("{}@b.co", "a".repeat(65))), "email_invalid");
    }

    #[test]
    fn is_checked_when_it_arrives_as_json() {
        assert!(serde_json::from_str::<EmailAddress>("\"nobody\"").is_err());
        assert_eq!(
            serde_json::to_string(&EmailAddress::parse("a@b.co").unwrap()).unwrap(),
            "\"a@b.co\""
        );
    }
}
