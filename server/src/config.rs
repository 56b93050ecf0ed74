//! Configuration: flags and environment variables, read as texts and checked together, so that a
//! wrong start lists every mistake at once.

pub mod database;
pub mod mail;
pub mod outside;
pub mod processor;
pub mod secret;
pub mod stripe;
pub mod web;

pub use database::{DatabaseConfig, DatabaseSettings};
pub use mail::{Delivery, MailConfig, MailSettings};
pub use outside::{OutsideConfig, OutsideSettings};
pub use processor::{ProcessorSettings, SandboxConfig};
pub use secret::SecretSettings;
pub use stripe::{StripeConfig, StripeSettings};
pub use web::{WebConfig, WebSettings};

/// The mistakes found in a configuration, each a sentence that says what to do.
#[derive(Debug, Default, thiserror::Error)]
#[error("the configuration has {} mistake(s):\n{}", .0.len(), .0.iter().map(|mistake| format!("  - {mistake}")).collect::<Vec<_>>().join("\n"))]
pub struct Mistakes(Vec<String>);

impl Mistakes {
    pub fn push(&mut self, mistake: impl Into<String>) {
        self.0.push(mistake.into());
    }

    /// The value, or `None` with its mistake noted.
    pub fn take<T>(&mut self, checked: Result<T, String>) -> Option<T> {
        checked.map_err(|mistake| self.0.push(mistake)).ok()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// The text of a setting, `None` when it is absent or blank: an empty environment variable means
/// "not set" to most tools that write one.
pub(crate) fn given(setting: Option<&String>) -> Option<&str> {
    setting.map(|text| text.trim()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_mistakes_are_listed() {
        let mut mistakes = Mistakes::default();
        assert_eq!(mistakes.take::<u8>(Err("first".into())), None);
        assert_eq!(mistakes.take(Ok(3)), Some(3));
        mistakes.push("second");
        assert_eq!(
            mistakes.to_string(),
            "the configuration has 2 mistake(s):\n  - first\n  - second"
        );
    }

    #[test]
    fn a_blank_setting_is_absent() {
        assert_eq!(given(Some(&"  ".to_owned())), None);
        assert_eq!(given(Some(&" x ".to_owned())), Some("x"));
        assert_eq!(given(None), None);
    }
}
