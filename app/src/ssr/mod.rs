//! The server's half of the portal: what a request brings, who is signed in, how an answer gets its status and cookies.

mod assets;
mod cookies;
mod organizations;
pub mod post;
mod render;
mod request;
mod stripe_frame;
pub mod texts;

pub use assets::Assets;
pub use backend::local_time::local_date_time as local;
pub use cookies::{CookieKind, Cookies, clear_cookie, cookie_name, set_cookie, set_header};
pub use organizations::OrganizationCache;
pub use post::answer;
pub use render::render;
#[cfg(test)]
pub(crate) use render::tests;
pub use request::{RequestInfo, locale_of, organization, portal, provide, request_info, signed_in};
pub use stripe_frame::{StripeElement, StripeFrame};

use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;

use backend::chance::Chance;
use backend::clock::Clock;
use backend::context::Context;
use backend::payment::Processors;
use backend::secret::SecretKey;
use domain::id::OrganizationId;
use http::StatusCode;
use http::header::{HeaderValue, REFRESH, RETRY_AFTER};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use sqlx::PgPool;

use crate::error::AppError;
use crate::urls::UrlBuilder;

/// What the portal needs of the process it runs in. The server provides it by [`provide`].
#[derive(Clone, Debug)]
pub struct Portal {
    pub db: PgPool,
    pub clock: Arc<dyn Clock>,
    pub chance: Chance,
    pub secret: SecretKey,
    pub processors: Processors,
    /// How Stripe's frame is opened; `None` when this process has no keys for Stripe.
    pub stripe: Option<Arc<StripeFrame>>,
    pub urls: Arc<UrlBuilder>,
    pub assets: Arc<Assets>,
    pub organizations: OrganizationCache,
    /// Development or demo: the page of components exists.
    pub dev: bool,
}

/// A form was about to lead to another site.
#[derive(Debug, thiserror::Error)]
#[error("a form leads to an address that is neither ours nor a processor's")]
pub(crate) struct ForeignAddress;

impl Portal {
    /// Whether a form of ours may lead to `url`: a path of this site, an address below the public URL, or a page of a processor
    /// that this process can reach.
    #[must_use]
    pub fn leads_to(&self, url: &str) -> bool {
        let is_clean = url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        let is_path = url.starts_with('/') && !url.starts_with("//");
        let is_at = |origin: &str| {
            let rest = url.strip_prefix(origin);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
        };
        let is_ours = || is_at(self.urls.public_url());
        is_clean && (is_path || is_ours() || self.processors.origins().iter().any(|at| is_at(at)))
    }

    /// The circumstances of a command by `actor`.
    pub fn context(
        &self,
        actor: impl Into<backend::actor::Actor>,
        request: &RequestInfo,
    ) -> Context {
        Context::new(actor.into(), self.clock.now(), self.chance.rng())
            .with_request_id(request.request_id.clone())
    }

    /// The circumstances of a command by Foyer itself, for somebody who is not signed in yet.
    pub fn system_context(
        &self,
        organization_id: OrganizationId,
        request: &RequestInfo,
    ) -> Context {
        Context::system_for(organization_id, self.clock.now(), self.chance.rng())
            .with_request_id(request.request_id.clone())
    }
}

/// Gives the answer the status of an error, and `Retry-After` where it has one.
pub fn answer_with(error: &AppError) {
    let Some(response) = use_context::<ResponseOptions>() else { return };
    response.set_status(
        StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    );
    if let AppError::RateLimited { retry_after_s } = error {
        response.insert_header(RETRY_AFTER, HeaderValue::from(*retry_after_s));
    }
}

/// Gives the answer a status that is no error's.
pub fn answer_with_status(status: u16) {
    if let (Some(response), Ok(status)) =
        (use_context::<ResponseOptions>(), StatusCode::from_u16(status))
    {
        response.set_status(status);
    }
}

/// Lets the browser go on from the page to another site. A header instead of a redirect: the browser's rules for where forms may lead
/// would hold for that one, and the page stands there for whoever stays.
pub fn go_on_to(url: &str) {
    if let (Some(response), Ok(value)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(&format!("0; url={url}")))
    {
        response.insert_header(REFRESH, value);
    }
}

/// Logs an error with all its causes, once, and leaves the client the request's id.
pub fn internal(error: &dyn Error) -> AppError {
    let request_id =
        use_context::<RequestInfo>().map(|request| request.request_id).unwrap_or_default();
    let mut chain = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(chain, ": {cause}");
        source = cause.source();
    }
    tracing::error!(request_id, error = chain, "a portal request failed");
    AppError::Internal { request_id }
}
