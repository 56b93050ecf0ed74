//! What the server read from a request before the portal sees it.

use std::sync::Arc;

use backend::organization::OrganizationView;
use backend::session::{self, SignedIn};
use domain::locale::Locale;
use http::request::Parts;
use leptos::nonce::Nonce;
use leptos::prelude::{provide_context, use_context};
use tokio::sync::OnceCell;

use super::{CookieKind, Cookies, Portal, cookie_name, internal};
use crate::error::AppError;
use crate::text::Text;
use crate::ui::form::FormState;

/// A request as the portal sees it. The server's middleware puts it into the request's extensions.
#[derive(Clone, Debug)]
pub struct RequestInfo {
    pub request_id: String,
    /// Who is counted by limits: the client's address, an IPv6 one as its /64.
    pub client: String,
    pub user_agent: String,
    pub nonce: String,
    pub locale: Locale,
    pub cookies: Cookies,
    /// The organization that the path names, if it names one.
    pub organization: Option<Arc<OrganizationView>>,
    /// Who is signed in there: looked up at most once per request.
    pub signed_in: Arc<OnceCell<Option<SignedIn>>>,
}

/// The language of an answer: the one chosen by hand, else the customer's, else the browser's wish, else the organization's.
#[must_use]
pub fn locale_of(
    chosen: Option<&str>,
    customer: Option<Locale>,
    accept_language: Option<&str>,
    default: Locale,
) -> Locale {
    chosen
        .and_then(Locale::from_tag)
        .or(customer)
        .or_else(|| accept_language.map(|header| Locale::negotiate(header, default)))
        .unwrap_or(default)
}

/// Provides the contexts of a request, for pages and for server functions alike: the one closure the server hands to both.
pub fn provide(portal: &Portal) {
    provide_context(portal.clone());
    let Some(parts) = use_context::<Parts>() else { return };
    if let Some(request) = parts.extensions.get::<RequestInfo>() {
        provide_context(Nonce::from_value(request.nonce.as_str()));
        provide_context(Text::of(request.locale));
        provide_context(request.clone());
    }
    if let Some(state) = parts.extensions.get::<FormState>() {
        provide_context(state.clone());
    }
}

/// The process's half.
///
/// # Errors
/// `Outdated` where [`provide`] did not run: an address that the portal does not serve.
pub fn portal() -> Result<Portal, AppError> {
    use_context().ok_or(AppError::Outdated)
}

/// The request being answered.
///
/// # Errors
/// `Outdated` where [`provide`] did not run.
pub fn request_info() -> Result<RequestInfo, AppError> {
    use_context().ok_or(AppError::Outdated)
}

/// The organization of a slug.
///
/// # Errors
/// `NotFound` for an unknown one.
pub async fn organization(slug: &str) -> Result<Arc<OrganizationView>, AppError> {
    let (portal, request) = (portal()?, request_info()?);
    if let Some(known) = request.organization.filter(|known| known.slug.as_str() == slug) {
        return Ok(known);
    }
    portal
        .organizations
        .get(&portal.db, slug)
        .await
        .map_err(|error| internal(&error))?
        .ok_or(AppError::NotFound)
}

/// The organization of a slug and who is signed in there.
///
/// # Errors
/// `NotFound` for an unknown organization, `Unauthenticated` without a session that still holds.
pub async fn signed_in(slug: &str) -> Result<(Arc<OrganizationView>, SignedIn), AppError> {
    let (portal, request) = (portal()?, request_info()?);
    let organization = organization(slug).await?;
    let signed_in = request
        .signed_in
        .get_or_try_init(|| authenticate(&portal, &request.cookies, &organization))
        .await?;
    let signed_in =
        signed_in.as_ref().filter(|signed_in| signed_in.actor.organization_id == organization.id);
    signed_in.cloned().map(|signed_in| (organization, signed_in)).ok_or(AppError::Unauthenticated)
}

/// Looks up the session of a request's cookie.
async fn authenticate(
    portal: &Portal,
    cookies: &Cookies,
    organization: &OrganizationView,
) -> Result<Option<SignedIn>, AppError> {
    let name = cookie_name(&portal.urls, CookieKind::Session, organization.id);
    let Some(token) = cookies.get(&name) else { return Ok(None) };
    session::authenticate(&portal.db, organization.id, token, portal.clock.now())
        .await
        .map_err(|error| internal(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_chosen_by_hand_wins() {
        assert_eq!(locale_of(Some("de"), Some(Locale::En), Some("en"), Locale::En), Locale::De);
        assert_eq!(locale_of(Some("xx"), Some(Locale::De), Some("en"), Locale::En), Locale::De);
        assert_eq!(locale_of(None, None, Some("de-AT"), Locale::En), Locale::De);
        assert_eq!(locale_of(None, None, None, Locale::De), Locale::De);
    }
}
