//! How the outside reaches this program.

use backend::webhook::Reach;
use clap::Args;
use url::{Host, Url};

use super::{Mistakes, given};
use crate::client_address::AddressRange;

#[derive(Args, Clone, Debug, Default)]
pub struct OutsideSettings {
    /// The address that customers see, such as `https://billing.example.com`; plain http only on this machine
    #[arg(long, env = "FOYER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Reverse proxies whose X-Forwarded-For is believed, as addresses or ranges with commas between
    #[arg(long, env = "FOYER_TRUSTED_PROXIES", value_name = "RANGES")]
    pub trusted_proxies: Option<String>,
    /// For development only: let webhooks go to private addresses, this machine among them, and over plain http
    #[arg(long, env = "FOYER_WEBHOOKS_ALLOW_PRIVATE")]
    pub webhooks_allow_private: bool,
}

/// A checked outside.
#[derive(Clone, Debug)]
pub struct OutsideConfig {
    pub public_url: Url,
    pub trusted_proxies: Vec<AddressRange>,
    pub webhook_reach: Reach,
}

impl OutsideSettings {
    pub fn check(&self, mistakes: &mut Mistakes) -> Option<OutsideConfig> {
        let public_url = mistakes.take(check_public_url(given(self.public_url.as_ref())));
        let mut trusted_proxies = Vec::new();
        for range in given(self.trusted_proxies.as_ref()).unwrap_or("").split(',') {
            if range.trim().is_empty() {
                continue;
            }
            let parsed = range
                .trim()
                .parse::<AddressRange>()
                .map_err(|error| format!("--trusted-proxies (FOYER_TRUSTED_PROXIES): {error}"));
            trusted_proxies.extend(mistakes.take(parsed));
        }
        let webhook_reach =
            if self.webhooks_allow_private { Reach::PrivateToo } else { Reach::PublicOnly };
        Some(OutsideConfig { public_url: public_url?, trusted_proxies, webhook_reach })
    }
}

impl OutsideConfig {
    /// Is the portal reached only from this machine? Then plain http is allowed and HSTS is off.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.public_url)
    }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn check_public_url(url: Option<&str>) -> Result<Url, String> {
    let wrong = |what: &str| Err(format!("--public-url (FOYER_PUBLIC_URL) {what}"));
    let Some(text) = url else {
        return wrong(
            "is missing: give the address that customers see, such as https://billing.example.com",
        );
    };
    let Ok(url) = Url::parse(text) else {
        return wrong("is not a URL: write it as https://billing.example.com");
    };
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return wrong("must start with https:// and name a host");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return wrong("must end after the host: the portal lives at the root of its address");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("must not hold a user name or a password");
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return wrong(
            "must start with https://: plain http is allowed only on this machine (127.0.0.1, localhost)",
        );
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_anywhere_http_only_here() {
        for right in [
            "https://billing.example.com",
            "http://127.0.0.1:3000",
            "http://localhost/",
            "http://[::1]:80",
        ] {
            assert!(check_public_url(Some(right)).is_ok(), "{right}");
        }
        for wrong in [
            "http://billing.example.com",
            "ftp://x.example",
            "billing.example.com",
            "https://example.com/billing",
            "https://example.com/?a=b",
            "https://u:p@example.com",
        ] {
            assert!(check_public_url(Some(wrong)).is_err(), "{wrong}");
        }
        assert!(check_public_url(None).unwrap_err().contains("missing"));
    }

    #[test]
    fn every_wrong_range_is_told() {
        let mut mistakes = Mistakes::default();
        let settings = OutsideSettings {
            public_url: Some("https://a.example".to_owned()),
            trusted_proxies: Some("10.0.0.0/8, nonsense, ::1, 1.2.3.4/99".to_owned()),
            webhooks_allow_private: false,
        };
        assert_eq!(settings.check(&mut mistakes).unwrap().trusted_proxies.len(), 2);
        assert_eq!(mistakes.iter().count(), 2);
    }
}
