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

impl From<backend::mail::Letter> for Letter {
    fn from(letter: backend::mail::Letter) -> Self {
        Self {
            mail_id: letter.mail_id.as_uuid(),
            to: letter.to,
            to_name: letter.to_name,
            locale: letter.locale,
            template: letter.template,
            parameters: letter.params,
            sender: Sender {
                slug: letter.organization_slug,
                name: letter.organization_name,
                accent_color: letter.organization_accent_color,
                support_email: letter.organization_support_email,
            },
        }
    }
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
