//! Refusals of the API, in the form its clients read.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::scope::Scope;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::telemetry::log_error;

/// Why a request is refused.
#[derive(Debug)]
pub enum ApiError {
    /// A status, a stable name in Pascal case and a sentence for people.
    Typed {
        status: StatusCode,
        error: &'static str,
        detail: String,
    },
    /// What was sent does not fit the schema.
    Malformed(Vec<Issue>),
    /// What was sent fits the schema and breaks a rule.
    Invalid(Vec<Issue>),
    /// A bearer token that is nobody's, on any path.
    InvalidToken,
    InsufficientScope(Scope),
    RateLimited {
        retry_after_s: u32,
    },
}

/// One mistake in what was sent.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Issue {
    /// The kind of mistake, such as `missing`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Where: `body`, `query` or `path`, then names and places.
    #[schema(value_type = Vec<Place>, example = json!(["body", "name"]))]
    pub loc: Vec<Value>,
    /// What is wrong, in a sentence.
    pub msg: String,
    /// What was sent there.
    pub input: Value,
}

/// The name of a field, or the place in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Place {
    Name(String),
    Index(u64),
}

impl Issue {
    /// A mistake at a field of the body.
    pub fn body(kind: &'static str, field: &str, msg: impl Into<String>) -> Self {
        Self { kind, loc: vec!["body".into(), field.into()], msg: msg.into(), input: Value::Null }
    }

    /// A mistake in a parameter of the query.
    pub fn query(kind: &'static str, name: &str, msg: impl Into<String>, input: &str) -> Self {
        let loc = vec!["query".into(), name.into()];
        Self { kind, loc, msg: msg.into(), input: input.into() }
    }
}

impl ApiError {
    pub fn not_found() -> Self {
        Self::typed(StatusCode::NOT_FOUND, "ResourceNotFound", "Not found")
    }

    pub fn unauthorized() -> Self {
        Self::typed(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
    }

    pub fn not_permitted(detail: &str) -> Self {
        Self::typed(StatusCode::FORBIDDEN, "NotPermitted", detail)
    }

    pub fn typed(status: StatusCode, error: &'static str, detail: impl Into<String>) -> Self {
        Self::Typed { status, error, detail: detail.into() }
    }

    /// The body broke off, or is longer than any operation takes.
    pub fn unreadable_body() -> Self {
        Self::Malformed(vec![Issue {
            kind: "value_error",
            loc: vec!["body".into()],
            msg: "The body could not be read.".into(),
            input: Value::Null,
        }])
    }

    /// Our own mistake: logged here, once, and told as nothing more than that.
    pub fn internal(what: &'static str, error: &dyn std::error::Error) -> Self {
        log_error(what, error);
        Self::typed(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            "Internal Server Error",
        )
    }
}

impl From<backend::error::QueryError> for ApiError {
    fn from(error: backend::error::QueryError) -> Self {
        match error {
            backend::error::QueryError::Forbidden(_) => Self::not_permitted(BILLING_ONLY),
            error => Self::internal("a question of the API failed", &error),
        }
    }
}

impl From<backend::rate_limit::Limited> for ApiError {
    fn from(limited: backend::rate_limit::Limited) -> Self {
        Self::RateLimited { retry_after_s: limited.retry_after_s }
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        Self::internal("a command of the API failed", &error)
    }
}

/// What a member without a role in billing reads.
pub const BILLING_ONLY: &str = "Only owners and billing managers can access billing features.";

const REALM: &str = "Bearer realm=\"foyer\"";

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::Typed { status, error, detail } => {
                let mut response =
                    (status, Json(json!({ "error": error, "detail": detail }))).into_response();
                if status == StatusCode::UNAUTHORIZED {
                    challenge(&mut response, REALM);
                }
                response
            }
            Self::Malformed(issues) => listed("RequestValidationError", &issues),
            Self::Invalid(issues) => listed("PolarRequestValidationError", &issues),
            Self::InvalidToken => {
                let text = "The access token is expired, revoked, malformed or unknown.";
                let mut response = token_error(StatusCode::UNAUTHORIZED, "invalid_token", text);
                response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
                let value =
                    format!("{REALM}, error=\"invalid_token\", error_description=\"{text}\"");
                challenge(&mut response, &value);
                response
            }
            Self::InsufficientScope(scope) => {
                let text = "The access token has not the scope that this needs.";
                let mut response = token_error(StatusCode::FORBIDDEN, "insufficient_scope", text);
                let value = format!("{REALM}, error=\"insufficient_scope\", scope=\"{scope}\"");
                challenge(&mut response, &value);
                response
            }
            Self::RateLimited { retry_after_s } => {
                let mut response = StatusCode::TOO_MANY_REQUESTS.into_response();
                response.headers_mut().insert(header::RETRY_AFTER, retry_after_s.into());
                response
            }
        }
    }
}

fn listed(error: &'static str, issues: &[Issue]) -> Response {
    let body = Json(json!({ "error": error, "detail": issues }));
    (StatusCode::UNPROCESSABLE_ENTITY, body).into_response()
}

fn token_error(status: StatusCode, error: &str, text: &str) -> Response {
    (status, Json(json!({ "error": error, "error_description": text }))).into_response()
}

fn challenge(response: &mut Response, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
}
