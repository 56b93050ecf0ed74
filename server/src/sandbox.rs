//! The sandbox's own little site: where a customer of the demo enters a test card and approves charges, as at a processor
//! elsewhere. It listens on an address of its own under another host name than the portal, sets no cookie, reads none, and knows
//! nothing but the sandbox's books. The unguessable id in an address is the permission, as on any processor's hosted page.

mod pages;
mod texts;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use backend::{clock::Clock, payment::Sandbox};

use crate::middleware::timeout;

/// Bytes of a form: four short fields.
const BODY_MAX: usize = 4096;

/// What the site is made from.
#[derive(Clone, Debug)]
pub struct SandboxSite {
    pub sandbox: Sandbox,
    pub clock: Arc<dyn Clock>,
    /// Where visitors come from and go back to: scheme, host and port of the portal.
    pub portal_origin: String,
}

/// The whole site.
pub fn router(site: SandboxSite) -> Router {
    Router::new()
        .route("/setups/{id}", get(pages::setup).post(pages::enter_card))
        .route("/setups/{id}/challenge", get(pages::challenge).post(pages::answer_challenge))
        .route("/payments/{id}", get(pages::payment).post(pages::answer_payment))
        .route("/style.css", get(style))
        .fallback(pages::unknown)
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(from_fn(timeout::timeout))
        .layer(from_fn_with_state(site.clone(), headers))
        .with_state(site)
}

async fn style() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (StatusCode::OK, headers, include_str!("sandbox/style.css")).into_response()
}

/// On every answer: no script at all, and forms lead nowhere but to the portal.
async fn headers(State(site): State<SandboxSite>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
        site.portal_origin
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
