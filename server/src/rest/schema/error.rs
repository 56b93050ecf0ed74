//! Refusals as the document describes them; `rest::error` writes them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::rest::error::Issue;

/// Nobody calls, or somebody whom this operation is not for; or the token is nobody's.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Unauthorized {
    Caller(NotPermitted),
    Token(TokenRefused),
}

/// The token is nobody's (`invalid_token`), or has not the scope (`insufficient_scope`).
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenRefused {
    #[schema(example = "invalid_token")]
    pub error: String,
    pub error_description: String,
}

/// Refused by name: the caller's role does not allow this, or a rule of this operation.
#[derive(Debug, Serialize, ToSchema)]
pub struct NotPermitted {
    #[schema(example = "NotPermitted")]
    pub error: String,
    pub detail: String,
}

/// There is no such thing in the caller's reach.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResourceNotFound {
    #[schema(example = "ResourceNotFound")]
    pub error: String,
    #[schema(example = "Not found")]
    pub detail: String,
}

/// What was sent has mistakes, each told at its place.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValidationError {
    /// `RequestValidationError`: it does not fit the schema. `PolarRequestValidationError`: it breaks a rule.
    #[schema(example = "RequestValidationError")]
    pub error: String,
    pub detail: Vec<Issue>,
}

/// What was sent has mistakes, or the order cannot be paid now (`OrderNotEligibleForRetry`,
/// `PaymentRetryValidationError`).
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum PaymentRefused {
    Invalid(ValidationError),
    Order(NotPermitted),
}
