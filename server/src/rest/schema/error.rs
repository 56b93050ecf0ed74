//! Refusals as the document describes them; `rest::error` writes them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::rest::error::Issue;

/// Nobody calls, or somebody whom this operation is not for.
#[derive(Debug, Serialize, ToSchema)]
pub struct Unauthorized {
    #[schema(example = "Unauthorized")]
    pub error: String,
    #[schema(example = "Unauthorized")]
    pub detail: String,
}

/// The caller's role does not allow this.
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
