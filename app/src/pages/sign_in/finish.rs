//! After the proof of an address: into the portal, or to the choice of a customer.

use backend::organization::OrganizationView;
use backend::session::NewSession;
use backend::sign_in::SignInOutcome;

use crate::ssr::{CookieKind, Portal, RequestInfo, clear_cookie, cookie_name, set_cookie};
use crate::ui::form::Done;
use crate::urls::{decode, encode, paths, safe_return};

/// Where a proof leads, with the cookies for it.
pub(super) fn finish(
    portal: &Portal,
    organization: &OrganizationView,
    email: &str,
    outcome: SignInOutcome,
) -> Done {
    match outcome {
        SignInOutcome::SignedIn(session) => enter(portal, organization, &session),
        SignInOutcome::Choose { proof_token, .. } => {
            set_cookie(&portal.urls, CookieKind::Proof, organization.id, proof_token.expose());
            remember_address(portal, organization, email);
            Done::at(paths::sign_in_choose(&organization.slug))
        }
    }
}

/// Signed in: the session's cookie, and back to the step that asked for it.
pub(super) fn enter(
    portal: &Portal,
    organization: &OrganizationView,
    session: &NewSession,
) -> Done {
    set_cookie(&portal.urls, CookieKind::Session, organization.id, session.token.expose());
    for over in [CookieKind::Address, CookieKind::Link, CookieKind::Proof] {
        clear_cookie(&portal.urls, over, organization.id);
    }
    let back = session.return_to.as_deref().and_then(|to| safe_return(&organization.slug, to));
    Done::at(back.unwrap_or_else(|| paths::overview(&organization.slug)))
}

/// Lets the next page name the address.
pub(super) fn remember_address(portal: &Portal, organization: &OrganizationView, email: &str) {
    set_cookie(&portal.urls, CookieKind::Address, organization.id, &encode(email));
}

/// The address that this browser last asked about.
pub(super) fn address(
    portal: &Portal,
    request: &RequestInfo,
    organization: &OrganizationView,
) -> Option<String> {
    cookie(portal, request, organization, CookieKind::Address)
        .map(|value| decode(value.as_bytes()))
        .filter(|email| !email.is_empty())
}

/// The value of one of the organization's cookies.
pub(super) fn cookie(
    portal: &Portal,
    request: &RequestInfo,
    organization: &OrganizationView,
    kind: CookieKind,
) -> Option<String> {
    request.cookies.get(&cookie_name(&portal.urls, kind, organization.id)).map(str::to_owned)
}
