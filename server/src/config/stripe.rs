//! The keys for Stripe, and where it is. Without keys this process charges nobody through Stripe.

use app::ssr::{StripeElement, StripeFrame};
use backend::payment::{Stripe, StripeAccess};
use clap::{Args, ValueEnum};
use url::Url;

use super::{Mistakes, OutsideConfig, given, outside::is_loopback};
use crate::redacted::Redacted;

const API_URL: &str = "https://api.stripe.com";
const JS_URL: &str = "https://js.stripe.com/v3/";

#[derive(Args, Clone, Default)]
pub struct StripeSettings {
    /// Stripe's secret key (`sk_…`, or a restricted `rk_…`); better given by the environment
    #[arg(long, env = "FOYER_STRIPE_SECRET_KEY", hide_env_values = true, value_name = "KEY")]
    pub stripe_secret_key: Option<String>,
    /// Stripe's publishable key (`pk_…`), for the frame in which cards are entered
    #[arg(long, env = "FOYER_STRIPE_PUBLISHABLE_KEY", value_name = "KEY")]
    pub stripe_publishable_key: Option<String>,
    /// What Stripe signs its messages to /webhooks/stripe with (`whsec_…`); two with a comma between while one replaces the other
    #[arg(
        long,
        env = "FOYER_STRIPE_WEBHOOK_SECRET",
        hide_env_values = true,
        value_name = "SECRETS"
    )]
    pub stripe_webhook_secret: Option<String>,
    /// Where Stripe's API is, if not at Stripe
    #[arg(long, env = "FOYER_STRIPE_API_URL", value_name = "URL", hide = true)]
    pub stripe_api_url: Option<String>,
    /// Where Stripe's script comes from, if not from Stripe
    #[arg(long, env = "FOYER_STRIPE_JS_URL", value_name = "URL", hide = true)]
    pub stripe_js_url: Option<String>,
    /// Which of Stripe's fields the frame shows
    #[arg(long, env = "FOYER_STRIPE_ELEMENT", value_name = "ELEMENT", hide = true, value_enum)]
    pub stripe_element: Option<Element>,
}

/// As `StripeElement`, on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Element {
    Payment,
    Card,
}

impl std::fmt::Debug for StripeSettings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("StripeSettings")
            .field("stripe_publishable_key", &self.stripe_publishable_key)
            .field("stripe_api_url", &self.stripe_api_url)
            .field("stripe_js_url", &self.stripe_js_url)
            .finish_non_exhaustive()
    }
}

/// A checked configuration for Stripe.
#[derive(Clone, Debug)]
pub struct StripeConfig {
    pub secret_key: Redacted,
    /// None: messages are refused, and what became of charges is found by asking.
    pub webhook_secrets: Vec<Redacted>,
    /// Without a slash at the end.
    pub api_url: String,
    pub frame: StripeFrame,
}

impl StripeConfig {
    /// The processor with these keys, which leads browsers back to our public address.
    pub fn processor(&self, outside: &OutsideConfig) -> Stripe {
        Stripe::new(StripeAccess {
            secret_key: self.secret_key.expose().to_owned(),
            api_url: self.api_url.clone(),
            portal_origin: outside.public_url.origin().ascii_serialization(),
        })
    }
}

impl StripeSettings {
    /// `Some(None)` without keys.
    pub fn check(&self, mistakes: &mut Mistakes) -> Option<Option<StripeConfig>> {
        let keys = (
            given(self.stripe_secret_key.as_ref()),
            given(self.stripe_publishable_key.as_ref()),
            given(self.stripe_webhook_secret.as_ref()),
        );
        if keys == (None, None, None) {
            return Some(None);
        }
        let secret_key = mistakes.take(check_secret_key(keys.0));
        let publishable_key = mistakes.take(check_publishable_key(keys.1));
        let webhook_secrets = mistakes.take(check_webhook_secrets(keys.2.unwrap_or_default()));
        let api_url = mistakes.take(check_url(
            "--stripe-api-url (FOYER_STRIPE_API_URL)",
            given(self.stripe_api_url.as_ref()).unwrap_or(API_URL),
        ));
        let js_url = mistakes.take(check_url(
            "--stripe-js-url (FOYER_STRIPE_JS_URL)",
            given(self.stripe_js_url.as_ref()).unwrap_or(JS_URL),
        ));
        let element = match self.stripe_element {
            Some(Element::Card) => StripeElement::Card,
            Some(Element::Payment) | None => StripeElement::Payment,
        };
        Some(Some(StripeConfig {
            secret_key: secret_key?,
            webhook_secrets: webhook_secrets?,
            api_url: api_url?.trim_end_matches('/').to_owned(),
            frame: StripeFrame { publishable_key: publishable_key?, js_url: js_url?, element },
        }))
    }
}

/// The key goes into a header as it is.
fn is_key(key: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| key.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty()))
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn check_secret_key(key: Option<&str>) -> Result<Redacted, String> {
    match key {
        Some(key) if is_key(key, &["sk_", "rk_"]) => Ok(Redacted::new(key)),
        Some(_) => {
            Err("--stripe-secret-key (FOYER_STRIPE_SECRET_KEY) is no secret key of Stripe: \
             copy the one that begins with sk_ (or rk_) from Stripe's dashboard"
                .to_owned())
        }
        None => {
            Err("--stripe-secret-key (FOYER_STRIPE_SECRET_KEY) is missing, while other keys of \
             Stripe are given"
                .to_owned())
        }
    }
}

fn check_publishable_key(key: Option<&str>) -> Result<String, String> {
    match key {
        Some(key) if is_key(key, &["pk_"]) => Ok(key.to_owned()),
        // It may be the secret one at the wrong place, so it is not shown.
        Some(_) => {
            Err("--stripe-publishable-key (FOYER_STRIPE_PUBLISHABLE_KEY) is no publishable key \
             of Stripe: copy the one that begins with pk_ from Stripe's dashboard"
                .to_owned())
        }
        None => {
            Err("--stripe-publishable-key (FOYER_STRIPE_PUBLISHABLE_KEY) is missing, while other \
             keys of Stripe are given"
                .to_owned())
        }
    }
}

fn check_webhook_secrets(secrets: &str) -> Result<Vec<Redacted>, String> {
    let secrets: Vec<&str> =
        secrets.split(',').map(str::trim).filter(|secret| !secret.is_empty()).collect();
    if secrets.len() > 2 || secrets.iter().any(|secret| secret.len() < 16) {
        return Err(
            "--stripe-webhook-secret (FOYER_STRIPE_WEBHOOK_SECRET) must be a signing secret of \
             Stripe (whsec_…), or two with a comma between"
                .to_owned(),
        );
    }
    Ok(secrets.into_iter().map(Redacted::new).collect())
}

fn check_url(name: &str, text: &str) -> Result<String, String> {
    let is_right = Url::parse(text).is_ok_and(|url| {
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        is_safe
            && url.host().is_some()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    if is_right {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "{name} must be an address that begins with https:// (plain http only on this machine)"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "sk_test_hunter2";

    fn settings() -> StripeSettings {
        StripeSettings {
            stripe_secret_key: Some(SECRET.to_owned()),
            stripe_publishable_key: Some("pk_test_1".to_owned()),
            ..StripeSettings::default()
        }
    }

    #[expect(clippy::option_option, reason = "as the settings answer")]
    fn check(settings: &StripeSettings) -> (Option<Option<StripeConfig>>, String) {
        let mut mistakes = Mistakes::default();
        let checked = settings.check(&mut mistakes);
        (checked, mistakes.iter().collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn without_keys_there_is_no_stripe() {
        let (checked, told) = check(&StripeSettings::default());
        assert!(matches!(checked, Some(None)) && told.is_empty());
    }

    #[test]
    fn two_keys_are_enough_and_no_print_shows_a_secret() {
        let given = StripeSettings {
            stripe_webhook_secret: Some(
                "whsec_0123456789abcdef, whsec_fedcba9876543210".to_owned(),
            ),
            ..settings()
        };
        let config = check(&given).0.flatten().unwrap();
        assert_eq!(config.api_url, "https://api.stripe.com");
        assert_eq!(config.frame.js_url, "https://js.stripe.com/v3/");
        assert_eq!(config.webhook_secrets.len(), 2);
        let printed = format!("{config:?} {given:?}");
        assert!(!printed.contains("hunter2") && !printed.contains("whsec"), "{printed}");
    }

    #[test]
    fn every_mistake_is_told_and_no_secret_with_it() {
        let (checked, told) = check(&StripeSettings {
            stripe_secret_key: Some("pk_test_hunter2".to_owned()),
            stripe_publishable_key: Some(SECRET.to_owned()),
            stripe_webhook_secret: Some("hunter2".to_owned()),
            stripe_api_url: Some("http://api.example.com".to_owned()),
            stripe_js_url: Some("javascript:hunter2".to_owned()),
            ..StripeSettings::default()
        });
        assert!(checked.is_none());
        assert_eq!(told.lines().count(), 5, "{told}");
        assert!(!told.contains("hunter2"), "{told}");
        assert!(
            check(&StripeSettings { stripe_secret_key: None, ..settings() }).1.contains("missing")
        );
    }

    #[test]
    fn plain_http_is_for_this_machine() {
        let local = StripeSettings {
            stripe_api_url: Some("http://127.0.0.1:8420/".to_owned()),
            stripe_js_url: Some("http://localhost:8420/js.stripe.com/v3/".to_owned()),
            ..settings()
        };
        assert_eq!(check(&local).0.flatten().unwrap().api_url, "http://127.0.0.1:8420");
    }
}
