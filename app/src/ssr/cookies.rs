//! Cookies: what they are called, how they are read, how an answer sets them.

use domain::id::OrganizationId;
use http::header::{HeaderName, HeaderValue, SET_COOKIE};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use crate::urls::UrlBuilder;

/// What a cookie is for. Each organization has its own of each, but for the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CookieKind {
    /// The session's token.
    Session,
    /// Ties a sign-in to the browser that asked for it.
    SignIn,
    /// The token of a sign-in link between opening it and pressing its button.
    Link,
    /// The token of a new address's link, likewise.
    EmailLink,
    /// Proof of an address, until a customer is chosen.
    Proof,
    /// The address just asked about, so that the next page can name it.
    Address,
    /// Ties a purchase to the browser that confirmed it.
    Checkout,
    /// The language that was chosen.
    Locale,
}

impl CookieKind {
    /// Seconds that browsers keep it.
    const fn max_age_s(self) -> u32 {
        match self {
            Self::Session => 90 * 24 * 3_600,
            Self::SignIn | Self::Address => 3_600,
            Self::Link | Self::Proof => 900,
            Self::EmailLink => 1_800,
            Self::Checkout => 48 * 3_600,
            Self::Locale => 365 * 24 * 3_600,
        }
    }
}

/// The cookie's name. The prefix `__Host-` needs TLS, so an installation without it (on loopback) goes without.
#[must_use]
pub fn cookie_name(urls: &UrlBuilder, kind: CookieKind, organization_id: OrganizationId) -> String {
    let prefix = if urls.is_secure() { "__Host-foyer_" } else { "foyer_" };
    let id = organization_id.as_uuid().simple().to_string();
    match kind {
        CookieKind::Session => format!("{prefix}{id}"),
        CookieKind::SignIn => format!("{prefix}{id}_sign_in"),
        CookieKind::Link => format!("{prefix}{id}_link"),
        CookieKind::EmailLink => format!("{prefix}{id}_email_link"),
        CookieKind::Proof => format!("{prefix}{id}_proof"),
        CookieKind::Address => format!("{prefix}{id}_address"),
        CookieKind::Checkout => format!("{prefix}{id}_checkout"),
        CookieKind::Locale => format!("{prefix}locale"),
    }
}

/// The cookies of a request; what is no cookie is passed over.
#[derive(Clone, Debug, Default)]
pub struct Cookies(Vec<(String, String)>);

/// No browser sends more, and garbage is not worth reading.
const COOKIES_MAX: usize = 100;

impl Cookies {
    /// Reads the values of all `Cookie` headers.
    pub fn parse<'a>(headers: impl Iterator<Item = &'a HeaderValue>) -> Self {
        let texts = headers.filter_map(|value| value.to_str().ok());
        let pairs =
            texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        Self(
            pairs
                .take(COOKIES_MAX)
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    /// The value of a cookie.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// The `Set-Cookie` value; an empty `value` removes the cookie.
#[must_use]
pub fn set_header(
    urls: &UrlBuilder,
    kind: CookieKind,
    organization_id: OrganizationId,
    value: &str,
) -> Option<HeaderValue> {
    let name = cookie_name(urls, kind, organization_id);
    let max_age_s = if value.is_empty() { 0 } else { kind.max_age_s() };
    let secure = if urls.is_secure() { "; Secure" } else { "" };
    HeaderValue::from_str(&format!(
        "{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}"
    ))
    .ok()
}

/// Sets a cookie on the answer being made.
pub fn set_cookie(
    urls: &UrlBuilder,
    kind: CookieKind,
    organization_id: OrganizationId,
    value: &str,
) {
    append(SET_COOKIE, set_header(urls, kind, organization_id, value));
}

/// Removes a cookie from the browser.
pub fn clear_cookie(urls: &UrlBuilder, kind: CookieKind, organization_id: OrganizationId) {
    append(SET_COOKIE, set_header(urls, kind, organization_id, ""));
}

fn append(name: HeaderName, value: Option<HeaderValue>) {
    if let (Some(response), Some(value)) = (use_context::<ResponseOptions>(), value) {
        response.append_header(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_flags_follow_the_public_url() {
        let id = OrganizationId::from_uuid(uuid::Uuid::nil());
        let set = |url: &str| {
            set_header(&UrlBuilder::new(url), CookieKind::Session, id, "x")
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        };
        let secure = set("https://pay.example.com");
        assert!(secure.starts_with("__Host-foyer_00000000000000000000000000000000=x; Path=/; "));
        assert!(secure.ends_with("HttpOnly; SameSite=Lax; Secure"));
        assert!(set("http://127.0.0.1:3000").starts_with("foyer_0000"));
        assert!(!set("http://127.0.0.1:3000").contains("Secure"));
    }

    #[test]
    fn garbage_is_no_cookie() {
        let headers = [
            HeaderValue::from_static("a=1; b=2;;; =; c"),
            HeaderValue::from_bytes(b"\xff=1").unwrap(),
        ];
        let cookies = Cookies::parse(headers.iter());
        assert_eq!(cookies.get("b"), Some("2"));
        assert_eq!(cookies.get("c"), None);
    }

    #[test]
    fn a_value_that_no_header_may_hold_sets_nothing() {
        let urls = UrlBuilder::new("http://127.0.0.1:3000");
        assert_eq!(
            set_header(
                &urls,
                CookieKind::Link,
                OrganizationId::from_uuid(uuid::Uuid::nil()),
                "a\r\nb"
            ),
            None
        );
    }
}
