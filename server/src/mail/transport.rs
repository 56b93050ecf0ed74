//! The way out for mails.

use futures::future::BoxFuture;

use super::{Letter, Rendered};

/// Why a mail did not leave. The texts name no recipient, so they may be logged and stored.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// Worth another try: the server was not reached, was busy, or broke off.
    #[error("the mail could not be handed over: {0}")]
    Temporary(String),
    /// The server refused this mail for good, or it cannot be written at all.
    #[error("the mail was refused: {0}")]
    Refused(String),
}

/// Hands one rendered mail over. Sending the same `mail_id` again must carry the same `Message-ID`.
pub trait MailTransport: Send + Sync + std::fmt::Debug {
    fn send<'a>(
        &'a self,
        letter: &'a Letter,
        rendered: &'a Rendered,
    ) -> BoxFuture<'a, Result<(), TransportError>>;
}
