//! A mail that is ready to be rendered: whom it is for, which template, and what the template reads.

use domain::locale::Locale;
use serde_json::Value;
use uuid::Uuid;

/// A mail before it is rendered. Holds codes and links while it is being sent; it is never stored or logged.
#[derive(Clone)]
pub struct Letter {
    pub mail_id: Uuid,
    pub to: String,
    pub to_name: Option<String>,
    pub locale: Locale,
    /// The stem of the template's files, as in `sign_in`.
    pub template: String,
    pub parameters: Value,
    pub sender: Sender,
}

/// The organization that a mail speaks for.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Sender {
    pub slug: String,
    pub name: String,
    pub accent_color: String,
    pub support_email: Option<String>,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Letter")
            .field("mail_id", &self.mail_id)
            .field("template", &self.template)
            .finish_non_exhaustive()
    }
}
