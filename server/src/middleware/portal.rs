//! What the portal knows of a request before a page or a server function sees it: organization, language, session.

use std::sync::Arc;

use app::{
    ssr::{CookieKind, Cookies, RequestInfo, cookie_name, locale_of, set_header},
    urls,
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use backend::{
    organization::OrganizationView,
    session::{self, SignedIn},
};
use domain::{id::OrganizationId, locale::Locale};
use tokio::sync::OnceCell;

use super::{
    access_log::LoggedOrganization,
    client::Client,
    headers::{FrameSources, NonceValue, PolicyAdditions},
    request_id::RequestId,
};
use crate::{problem::Problem, state::AppState};

/// Bytes of a user agent that are kept.
const USER_AGENT_MAX: usize = 512;

pub async fn portal(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let organization = match organization_of(&state, request.uri().path()).await {
        Ok(organization) => organization,
        Err(problem) => return problem.into_response(),
    };
    let cookies = Cookies::parse(request.headers().get_all(header::COOKIE).iter());
    let signed_in = match &organization {
        Some(organization) => {
            match session_of(&state, organization, request.uri().path(), &cookies).await {
                Ok(signed_in) => signed_in,
                Err(problem) => return problem.into_response(),
            }
        }
        None => Lookup::NotNeeded,
    };
    let at_once = answer_at_once(&state, &request, organization.as_deref(), &signed_in);
    let targets = form_targets(&state, request.uri().path());
    let frame = frame(&state, request.uri().path());
    let mut response = if let Some(response) = at_once {
        response
    } else {
        let info = request_info(&state, &request, cookies, organization.clone(), signed_in);
        request.extensions_mut().insert(info);
        next.run(request).await
    };
    if let Some(organization) = organization {
        let extensions = response.extensions_mut();
        extensions.insert(LoggedOrganization(organization.id.to_string()));
        extensions.insert(PolicyAdditions {
            frame_ancestors: organization.frame_ancestors.clone(),
            image_source: organization.logo_url.as_deref().and_then(origin_of),
            form_targets: targets,
            frame,
        });
    }
    response
}

/// Where forms of a page may lead: with script off, a form that begins a payment is answered by the way to the processor's page.
fn form_targets(state: &AppState, path: &str) -> Vec<String> {
    if urls::leads_to_processor(path) { state.portal.processors.origins() } else { Vec::new() }
}

/// The frame in which a card is entered, where there is one.
fn frame(state: &AppState, path: &str) -> Option<FrameSources> {
    let stripe = state.portal.stripe.as_ref().filter(|_| urls::has_card_frame(path))?;
    Some(FrameSources::stripe(stripe.origin()))
}

/// What is known of the session.
enum Lookup {
    NotNeeded,
    Done(Option<Box<SignedIn>>),
}

/// The organization that a path below `/{organization}/` names.
async fn organization_of(
    state: &AppState,
    path: &str,
) -> Result<Option<Arc<OrganizationView>>, Problem> {
    let mut segments = path.split('/').skip(1);
    let (Some(slug), Some(room)) = (segments.next(), segments.next()) else {
        return Ok(None);
    };
    if !matches!(room, "portal" | "brand.css") {
        return Ok(None);
    }
    match state.portal.organizations.get(&state.portal.db, slug).await {
        // The pages say themselves that there is no such portal.
        Ok(found) => Ok(found),
        Err(error) => {
            crate::telemetry::log_error("the organization could not be read", &error);
            Err(Problem::Unavailable)
        }
    }
}

async fn session_of(
    state: &AppState,
    organization: &OrganizationView,
    path: &str,
    cookies: &Cookies,
) -> Result<Lookup, Problem> {
    if !urls::needs_session(organization.slug.as_str(), path) {
        return Ok(Lookup::NotNeeded);
    }
    let name = cookie_name(&state.portal.urls, CookieKind::Session, organization.id);
    let Some(token) = cookies.get(&name) else {
        return Ok(Lookup::Done(None));
    };
    let now = state.portal.clock.now();
    match session::authenticate(&state.portal.db, organization.id, token, now).await {
        Ok(signed_in) => Ok(Lookup::Done(signed_in.map(Box::new))),
        Err(error) => {
            crate::telemetry::log_error("the session could not be read", &error);
            Err(Problem::Unavailable)
        }
    }
}

/// The answers that need no page: a chosen language is kept and leaves the URL; who is signed out goes to sign-in.
fn answer_at_once(
    state: &AppState,
    request: &Request,
    organization: Option<&OrganizationView>,
    signed_in: &Lookup,
) -> Option<Response> {
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        return None;
    }
    let organization = organization?;
    if let Some((locale, rest)) = chosen_locale(request.uri()) {
        let cookie = set_header(
            &state.portal.urls,
            CookieKind::Locale,
            OrganizationId::from_uuid(uuid::Uuid::nil()),
            locale.tag(),
        );
        return redirect(&rest, cookie);
    }
    let slug = organization.slug.as_str();
    // A mailed link's token leaves the address at once; the clean page has the button that uses it.
    let links = [
        (urls::paths::sign_in_link(slug), "t", CookieKind::Link),
        (urls::paths::verify_email(slug), "token", CookieKind::EmailLink),
    ];
    for (path, parameter, cookie) in links {
        if request.uri().path() == path
            && let (Some(token), rest) = without_parameter(request.uri(), parameter)
        {
            let token = if is_cookie_safe(&token) { token.as_str() } else { "" };
            let cookie = set_header(&state.portal.urls, cookie, organization.id, token);
            return redirect(&rest, cookie);
        }
    }
    let is_stream = request.uri().path() == urls::paths::events(slug);
    if matches!(signed_in, Lookup::Done(None)) && !is_stream {
        return redirect(&sign_in_url(slug, request.uri()), None);
    }
    None
}

/// Sign-in that leads back to this very page; an address to fill in (`?email=`) is handed on.
fn sign_in_url(slug: &str, uri: &Uri) -> String {
    let (email, rest) = without_parameter(uri, "email");
    let is_start = rest == urls::paths::overview(slug);
    let mut url =
        if is_start { urls::paths::sign_in(slug) } else { urls::paths::sign_in_to(slug, &rest) };
    if let Some(email) = email {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str("email=");
        url.push_str(&email);
    }
    url
}

fn chosen_locale(uri: &Uri) -> Option<(Locale, String)> {
    let (tag, rest) = without_parameter(uri, "locale");
    Some((Locale::from_tag(&tag?)?, rest))
}

/// The value of a query's parameter, still encoded, and path and query without it.
fn without_parameter(uri: &Uri, name: &str) -> (Option<String>, String) {
    let (mut value, mut kept) = (None, Vec::new());
    for pair in uri.query().unwrap_or("").split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some((found, text)) if found == name => value = Some(text.to_owned()),
            _ => kept.push(pair),
        }
    }
    let query = if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) };
    (value, format!("{}{query}", uri.path()))
}

fn redirect(to: &str, cookie: Option<HeaderValue>) -> Option<Response> {
    // `//host` would leave for another site.
    let to = HeaderValue::from_str(to).ok().filter(|to| !to.as_bytes().starts_with(b"//"))?;
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Some(response)
}

/// A value that can hold nothing but itself in a `Set-Cookie` line.
fn is_cookie_safe(value: &str) -> bool {
    value.len() <= 128
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn request_info(
    state: &AppState,
    request: &Request,
    cookies: Cookies,
    organization: Option<Arc<OrganizationView>>,
    signed_in: Lookup,
) -> RequestInfo {
    let extensions = request.extensions();
    let signed_in = match signed_in {
        Lookup::NotNeeded => None,
        Lookup::Done(signed_in) => Some(signed_in.map(|found| *found)),
    };
    let chosen = cookies.get(if state.portal.urls.is_secure() {
        "__Host-foyer_locale"
    } else {
        "foyer_locale"
    });
    let customer =
        signed_in.as_ref().and_then(|found| found.as_ref()).and_then(|found| found.locale);
    let default =
        organization.as_ref().map_or(Locale::En, |organization| organization.default_locale);
    RequestInfo {
        request_id: extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
        client: extensions.get::<Client>().map(|client| client.key.clone()).unwrap_or_default(),
        user_agent: text(request.headers(), header::USER_AGENT)
            .unwrap_or("")
            .chars()
            .take(USER_AGENT_MAX)
            .collect(),
        nonce: extensions.get::<NonceValue>().map(|nonce| nonce.0.clone()).unwrap_or_default(),
        locale: locale_of(
            chosen,
            customer,
            text(request.headers(), header::ACCEPT_LANGUAGE),
            default,
        ),
        cookies,
        organization,
        signed_in: Arc::new(OnceCell::new_with(signed_in)),
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn origin_of(url: &str) -> Option<String> {
    url::Url::parse(url).ok().map(|url| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_in_leads_back_and_keeps_the_address() {
        let url = |uri: &str| sign_in_url("acme", &uri.parse().unwrap());
        assert_eq!(url("/acme/portal"), "/acme/portal/sign-in");
        assert_eq!(
            url("/acme/portal?email=a%40b.example"),
            "/acme/portal/sign-in?email=a%40b.example"
        );
        assert_eq!(
            url("/acme/portal/orders?page=2&email=x&status=open"),
            "/acme/portal/sign-in?to=/acme/portal/orders%3Fpage%3D2%26status%3Dopen&email=x"
        );
    }

    #[test]
    fn a_language_leaves_the_url() {
        let chosen = |uri: &str| chosen_locale(&uri.parse().unwrap());
        assert_eq!(
            chosen("/acme/portal/orders?locale=de&page=2"),
            Some((Locale::De, "/acme/portal/orders?page=2".to_owned()))
        );
        assert_eq!(chosen("/acme/portal?locale=xx"), None);
        assert_eq!(chosen("/acme/portal"), None);
    }
}
