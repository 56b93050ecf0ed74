//! One call to Stripe's API: bounded in time and size, and what it answered by how much that is worth.

use std::fmt;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::StripeAccess;
use super::objects::{ErrorBody, ErrorEnvelope};
use crate::payment::processor::NoAnswer;

/// The shapes in `objects` are of this version, whatever version the account has.
const API_VERSION: HeaderValue = HeaderValue::from_static("2024-06-20");
const STRIPE_VERSION: HeaderName = HeaderName::from_static("stripe-version");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const CALL_LASTS: Duration = Duration::from_secs(10);
/// Bytes of an answer. The longest, a page of 100 refunds, has a tenth of it.
const ANSWER_MAX: usize = 2 * 1024 * 1024;

/// What is sent: names as Stripe's documentation writes them, such as `metadata[foyer_setup_id]`.
pub(super) type Form<'a> = [(&'a str, &'a str)];

/// What Stripe answered to a call that it carried out.
#[derive(Debug)]
pub(super) struct Reply<T> {
    pub value: T,
    /// It said so before, under the same key; things may have moved on since.
    pub is_replayed: bool,
}

/// A call that was not carried out, or of which that is not known.
#[derive(Debug)]
pub(super) enum CallError {
    /// Stripe understood, and did not do it.
    Refused(Refusal),
    /// An answer came that says nothing certain: it is overloaded, or another call with the same key is running.
    Unclear(NoAnswer),
    /// Nothing came back, or nothing that can be read.
    Lost(NoAnswer),
}

impl CallError {
    /// For calls whose refusal has no meaning of its own.
    pub fn into_no_answer(self) -> NoAnswer {
        match self {
            Self::Refused(refusal) => no_answer(refusal),
            Self::Unclear(no_answer) | Self::Lost(no_answer) => no_answer,
        }
    }
}

/// Why Stripe did not do something. Its sentence is left out: it may repeat what a customer typed.
#[derive(Debug, Error)]
#[error("Stripe refused with status {status}, {} (request {request_id})", .body.summary())]
pub(super) struct Refusal {
    pub status: StatusCode,
    pub body: ErrorBody,
    /// By which Stripe's dashboard finds the call.
    pub request_id: String,
}

impl Refusal {
    pub fn is_unknown(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
    }
}

#[derive(Debug, Error)]
enum CallProblem {
    #[error("the call took longer than {} s", CALL_LASTS.as_secs())]
    TimedOut,
    #[error("Stripe answered with status {0}")]
    Status(StatusCode),
}

/// Calls Stripe. Cheap to clone; connections are shared.
#[derive(Clone)]
pub(super) struct Client {
    http: HttpClient<HttpsConnector<HttpConnector>, String>,
    access: StripeAccess,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.access.fmt(formatter)
    }
}

impl Client {
    pub fn new(access: StripeAccess) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            // Plain http is taken by the configuration only on this machine, and by tests.
            .https_or_http()
            .enable_http1()
            .build();
        Self { http: HttpClient::builder(TokioExecutor::new()).build(connector), access }
    }

    pub fn api_url(&self) -> &str {
        &self.access.api_url
    }

    pub fn is_at_stripe(&self) -> bool {
        self.access.api_url == "https://api.stripe.com"
    }

    /// Reads; `path` begins with `/v1/`, its parts are escaped already.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &Form<'_>,
    ) -> Result<Reply<T>, CallError> {
        let path =
            if query.is_empty() { path.to_owned() } else { format!("{path}?{}", encoded(query)) };
        self.call(Method::GET, &path, String::new(), None).await
    }

    /// Writes, once per key if there is one.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &Form<'_>,
        idempotency_key: Option<&str>,
    ) -> Result<Reply<T>, CallError> {
        self.call(Method::POST, path, encoded(form), idempotency_key).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: String,
        idempotency_key: Option<&str>,
    ) -> Result<Reply<T>, CallError> {
        let request = self.request(&method, path, body, idempotency_key).map_err(lost)?;
        let answered = async {
            let response = self.http.request(request).await.map_err(lost)?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, ANSWER_MAX).collect().await.map_err(lost_boxed)?;
            Ok((head.status, head.headers, body.to_bytes()))
        };
        let (status, headers, body) = tokio::time::timeout(CALL_LASTS, answered)
            .await
            .map_err(|_| lost(CallProblem::TimedOut))??;
        if status.is_success() {
            let value = serde_json::from_slice(&body).map_err(lost)?;
            return Ok(Reply { value, is_replayed: has(&headers, "idempotent-replayed", "true") });
        }
        Err(refusal(status, &headers, &body))
    }

    fn request(
        &self,
        method: &Method,
        path: &str,
        body: String,
        idempotency_key: Option<&str>,
    ) -> Result<Request<String>, http::Error> {
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {}", self.access.secret_key))?;
        authorization.set_sensitive(true);
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.access.api_url))
            .header(AUTHORIZATION, authorization)
            .header(STRIPE_VERSION, API_VERSION)
            .header(USER_AGENT, concat!("foyer/", env!("CARGO_PKG_VERSION")));
        if *method == Method::POST {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        if let Some(key) = idempotency_key {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        request.body(body)
    }
}

fn encoded(form: &Form<'_>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

fn has(headers: &HeaderMap, name: &str, value: &str) -> bool {
    headers.get(name).is_some_and(|sent| sent.as_bytes() == value.as_bytes())
}

/// Only an answer that says for certain that nothing was done is a refusal.
fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> CallError {
    let body = serde_json::from_slice::<ErrorEnvelope>(body).unwrap_or_default().error;
    let is_ours = matches!(
        status,
        StatusCode::BAD_REQUEST | StatusCode::PAYMENT_REQUIRED | StatusCode::NOT_FOUND
    );
    // The key was used with other parameters, or is in use: what the first call did is not known.
    let is_key_in_use = body.kind.as_deref() == Some("idempotency_error");
    if is_ours && !is_key_in_use {
        let request_id = headers.get("request-id").and_then(|id| id.to_str().ok());
        let request_id = request_id.unwrap_or("unknown").to_owned();
        return CallError::Refused(Refusal { status, body, request_id });
    }
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        tracing::error!(%status, "Stripe does not accept the secret key, or it may not do this");
    }
    CallError::Unclear(no_answer(CallProblem::Status(status)))
}

pub(super) fn no_answer(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> NoAnswer {
    NoAnswer(error.into())
}

fn lost(error: impl std::error::Error + Send + Sync + 'static) -> CallError {
    CallError::Lost(no_answer(error))
}

fn lost_boxed(error: Box<dyn std::error::Error + Send + Sync>) -> CallError {
    CallError::Lost(NoAnswer(error))
}

/// A part of a path, so that an id from elsewhere cannot lead to another path.
pub(super) fn escaped(id: &str) -> String {
    form_urlencoded::byte_serialize(id.as_bytes()).collect()
}
