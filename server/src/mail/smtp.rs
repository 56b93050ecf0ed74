//! Mails through an SMTP server.

use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Mailbox, MultiPart,
        header::{Header, HeaderName, HeaderValue},
    },
};

use super::{Letter, MailTransport, Rendered, TransportError};
use crate::redacted::Redacted;

/// How long one mail may take, from connecting to the server's last answer.
const TIMEOUT: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Address,
    /// The right side of every `Message-ID`.
    host: String,
}

impl Smtp {
    /// # Errors
    /// When the URL is no SMTP URL; the error does not repeat it.
    pub fn new(url: &Redacted, from: Address, host: &str) -> Result<Self, TransportError> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose())
            .map_err(|_| TransportError::Refused("the SMTP URL is not valid".to_owned()))?
            .timeout(Some(TIMEOUT))
            .build();
        Ok(Self { transport, from, host: host.to_owned() })
    }
}

impl MailTransport for Smtp {
    fn send<'a>(
        &'a self,
        letter: &'a Letter,
        rendered: &'a Rendered,
    ) -> BoxFuture<'a, Result<(), TransportError>> {
        async move {
            let message = write_message(letter, rendered, &self.from, &self.host)?;
            match tokio::time::timeout(TIMEOUT, self.transport.send(message)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) if error.is_permanent() => {
                    Err(TransportError::Refused(describe(&error)))
                }
                Ok(Err(error)) => Err(TransportError::Temporary(describe(&error))),
                Err(_) => {
                    Err(TransportError::Temporary(format!("no end after {} s", TIMEOUT.as_secs())))
                }
            }
        }
        .boxed()
    }
}

/// The kind of failure and the server's code. Its words may repeat the recipient, so they are left out.
fn describe(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("the SMTP server answered {code}"),
        None if error.is_timeout() => "the SMTP server did not answer in time".to_owned(),
        None if error.is_tls() => "TLS with the SMTP server failed".to_owned(),
        None if error.is_client() => "the SMTP server lacks what this mail needs".to_owned(),
        None => "the SMTP server could not be reached or broke off".to_owned(),
    }
}

/// Tells other programs that no person wrote this, so that they do not answer it (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// The mail as it goes over the wire: text and HTML, and a `Message-ID` that a repeat shares.
fn write_message(
    letter: &Letter,
    rendered: &Rendered,
    from: &Address,
    host: &str,
) -> Result<Message, TransportError> {
    let refused = |what: &str| TransportError::Refused(what.to_owned());
    let to: Address =
        letter.to.parse().map_err(|_| refused("the recipient's address is not valid"))?;
    let mut message = Message::builder()
        .from(Mailbox::new(Some(one_line(&letter.sender.name)), from.clone()))
        .to(Mailbox::new(letter.to_name.as_deref().map(one_line), to))
        .subject(one_line(&rendered.subject))
        .message_id(Some(format!("<{}@{host}>", letter.mail_id)))
        .header(AutoSubmitted);
    if let Some(support) = letter.sender.support_email.as_deref().and_then(|text| text.parse().ok())
    {
        message = message.reply_to(Mailbox::new(Some(one_line(&letter.sender.name)), support));
    }
    message
        .multipart(MultiPart::alternative_plain_html(rendered.text.clone(), rendered.html.clone()))
        .map_err(|_| refused("the mail could not be written"))
}

/// A header holds no line ends; the library panics on some control characters.
fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use domain::locale::Locale;

    use super::*;
    use crate::mail::letter::Sender;

    fn written(to_name: Option<&str>, organization: &str) -> String {
        let letter = Letter {
            mail_id: uuid::Uuid::from_u128(7),
            to: "ann@example.com".to_owned(),
            to_name: to_name.map(str::to_owned),
            locale: Locale::En,
            template: "sign_in".to_owned(),
            parameters: serde_json::json!({}),
            sender: Sender {
                slug: "northwind".to_owned(),
                name: organization.to_owned(),
                accent_color: "#3b5bdb".to_owned(),
                support_email: Some("help@example.com".to_owned()),
            },
        };
        let rendered = Rendered {
            subject: "Größe".to_owned(),
            text: "text part".to_owned(),
            html: "<p>html part</p>".to_owned(),
        };
        let from = "billing@example.com".parse().unwrap();
        let message = write_message(&letter, &rendered, &from, "portal.example.com").unwrap();
        String::from_utf8(message.formatted()).unwrap()
    }

    #[test]
    fn the_headers_stand() {
        let mail = written(Some("Ann"), "Northwind Cloud");
        assert!(
            mail.contains("Message-ID: <00000000-0000-0000-0000-000000000007@portal.example.com>"),
            "{mail}"
        );
        assert!(mail.contains("Auto-Submitted: auto-generated"));
        assert!(mail.contains("From: \"Northwind Cloud\" <billing@example.com>"), "{mail}");
        assert!(mail.contains("Reply-To:"));
        assert!(mail.contains("text part") && mail.contains("html part"));
    }

    #[test]
    fn a_name_cannot_add_a_header() {
        let mail = written(Some("Ann\r\nBcc: eve@example.com"), "Northwind\nX-Evil: 1");
        assert!(
            !mail.lines().any(|line| line.starts_with("Bcc") || line.starts_with("X-Evil")),
            "{mail}"
        );
    }
}
