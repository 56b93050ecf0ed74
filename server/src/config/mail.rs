//! How e-mail leaves the house.

use std::path::PathBuf;

use clap::Args;
use lettre::{Address, AsyncSmtpTransport, Tokio1Executor};

use super::{Mistakes, given};
use crate::redacted::Redacted;

#[derive(Args, Clone, Default)]
pub struct MailSettings {
    /// The SMTP server: `smtps://user:password@host` (TLS), `smtp://user:password@host:587?tls=required` (STARTTLS), or `smtp://host:25`
    #[arg(long, env = "FOYER_SMTP_URL", hide_env_values = true, value_name = "URL")]
    pub smtp_url: Option<String>,
    /// The address that mails come from; the name beside it is the organization's
    #[arg(long, env = "FOYER_MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<String>,
    /// For trying and developing only: write mails into this folder, and show them (and the components) to everyone at /dev/mailbox
    #[arg(long, env = "FOYER_DEV_MAILBOX", value_name = "DIR")]
    pub dev_mailbox: Option<PathBuf>,
}

impl std::fmt::Debug for MailSettings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("MailSettings")
            .field("mail_from", &self.mail_from)
            .field("dev_mailbox", &self.dev_mailbox)
            .finish_non_exhaustive()
    }
}

/// Where mails go.
#[derive(Clone, Debug)]
pub enum Delivery {
    Smtp(Redacted),
    DevMailbox(PathBuf),
}

/// A checked mail configuration.
#[derive(Clone, Debug)]
pub struct MailConfig {
    pub delivery: Delivery,
    pub from: Address,
}

impl MailSettings {
    pub fn check(&self, mistakes: &mut Mistakes) -> Option<MailConfig> {
        let delivery = mistakes.take(self.delivery());
        let in_mailbox = matches!(delivery, Some(Delivery::DevMailbox(_)));
        let from = match given(self.mail_from.as_ref()) {
            None if in_mailbox => Ok("portal@localhost"),
            None => Err(
                "--mail-from (FOYER_MAIL_FROM) is missing: give the address that mails come from"
                    .to_owned(),
            ),
            Some(from) => Ok(from),
        };
        let from = mistakes.take(from.and_then(|from| {
            from.parse::<Address>().map_err(|_| {
                "--mail-from (FOYER_MAIL_FROM) is not an e-mail address: give it bare, as billing@example.com".to_owned()
            })
        }));
        Some(MailConfig { delivery: delivery?, from: from? })
    }

    fn delivery(&self) -> Result<Delivery, String> {
        match (given(self.smtp_url.as_ref()), &self.dev_mailbox) {
            (Some(_), Some(_)) => Err("both --smtp-url (FOYER_SMTP_URL) and --dev-mailbox (FOYER_DEV_MAILBOX) are \
                 set: keep the first in production, the second for trying"
                .to_owned()),
            (None, None) => Err("--smtp-url (FOYER_SMTP_URL) is missing: mails need a server to leave through, \
                 such as smtps://user:password@smtp.example.com (to try Foyer, --dev-mailbox DIR \
                 shows them on a page instead)"
                .to_owned()),
            (None, Some(folder)) => Ok(Delivery::DevMailbox(folder.clone())),
            (Some(url), None) => match AsyncSmtpTransport::<Tokio1Executor>::from_url(url) {
                Ok(_) => Ok(Delivery::Smtp(Redacted::new(url))),
                // The library's message may repeat the URL with its password, so it is not shown.
                Err(_) => Err("--smtp-url (FOYER_SMTP_URL) is not an SMTP URL: write smtps://user:password@host or \
                     smtp://user:password@host:587?tls=required"
                    .to_owned()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        smtp: Option<&str>,
        from: Option<&str>,
        folder: Option<&str>,
    ) -> (Option<MailConfig>, String) {
        let mut mistakes = Mistakes::default();
        let settings = MailSettings {
            smtp_url: smtp.map(str::to_owned),
            mail_from: from.map(str::to_owned),
            dev_mailbox: folder.map(PathBuf::from),
        };
        let checked = settings.check(&mut mistakes);
        (checked, mistakes.to_string())
    }

    #[test]
    fn one_way_out_is_chosen() {
        assert!(
            check(Some("smtp://u:p@mail.example:587?tls=required"), Some("a@example.com"), None)
                .0
                .is_some()
        );
        assert!(check(None, None, Some(".data/mailbox")).0.is_some());
        let (none, told) = check(None, None, None);
        assert!(none.is_none());
        assert!(
            told.contains("2 mistake")
                && told.contains("FOYER_SMTP_URL")
                && told.contains("FOYER_MAIL_FROM")
        );
        assert!(
            check(Some("smtp://h"), Some("a@example.com"), Some("x")).1.contains("keep the first")
        );
        let (_, told) = check(Some("http://u:hunter2@h"), Some("not an address"), None);
        assert!(told.contains("2 mistake") && !told.contains("hunter2"));
    }
}
