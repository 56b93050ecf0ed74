//! Signing in by a code or a link that is mailed to an address.

mod choose;
mod finish;
mod open_link;
mod request;
mod secret;
#[cfg(test)]
mod steps;
mod use_link;
mod verify_code;

pub use choose::{ChooseError, ChooseSignIn, Offer, choices, choose};
pub use finish::{Choice, SignInOutcome};
pub use open_link::{LinkError, OpenedLink, open_link};
pub use request::{BrowserToken, RequestSignIn, RequestSignInError, request};
pub use secret::{code_of, link_token_of};
pub use use_link::{UseLink, UseLinkError, use_link};
pub use verify_code::{VerifyCode, VerifyCodeError, verify_code};

use time::Duration;

use crate::rate_limit::Limits;

/// How long a code holds.
pub const CODE_EXPIRES_AFTER: Duration = Duration::minutes(10);
/// How long a link holds.
pub const LINK_EXPIRES_AFTER: Duration = Duration::minutes(15);
/// How often a code may be tried.
pub const TRIES_MAX: i16 = 5;
/// How many mails an address gets in an hour.
pub const MAILS_PER_HOUR: i64 = 5;

/// Requests of one client.
const REQUEST_LIMITS: Limits = Limits { per_minute: 6, per_hour: 12, wait: Duration::minutes(15) };
/// Codes typed by one client: as many as all its requests may have tries.
const CODE_LIMITS: Limits = Limits { per_minute: 30, per_hour: 60, wait: Duration::minutes(15) };

/// A path within the portal that may be gone on to; anything else is dropped, so that no link leads elsewhere.
pub(crate) fn safe_path(path: Option<String>) -> Option<String> {
    path.filter(|path| {
        path.len() <= 512
            && path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains(|c: char| c == '\\' || c.is_control())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_are_gone_on_to() {
        assert!(safe_path(Some("/acme/portal/orders?page=2".into())).is_some());
        for path in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "",
            "x",
            "/a\r\nb",
            &format!("/{}", "x".repeat(512)),
        ] {
            assert_eq!(safe_path(Some(path.to_owned())), None, "{path:?}");
        }
    }
}
