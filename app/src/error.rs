//! What can go wrong for a person at the portal, and how it travels from the server to the page.

use domain::field_errors::{FieldError, FieldErrors};
use leptos::prelude::*;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::ServerFnErrorErr;
use leptos::server_fn::{Bytes, Encodes};
use serde::{Deserialize, Serialize};

/// Why a page or a form has no success to show. Safe to show: codes and ids, never internals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum AppError {
    #[error("nobody is signed in")]
    Unauthenticated,
    #[error("the role does not allow this")]
    Forbidden,
    #[error("there is no such thing for this actor")]
    NotFound,
    #[error("the input has mistakes: {0}")]
    Invalid(FieldErrors),
    /// The state of the thing refuses this step. `code` has a text `error.<code>`.
    #[error("refused: {code}")]
    Conflict { code: String },
    /// The processor declined a payment. `code` has a text `error.<code>`.
    #[error("the payment was declined: {code}")]
    Declined { code: String },
    #[error("too many tries; wait {retry_after_s} s")]
    RateLimited { retry_after_s: u32 },
    /// Our mistake, logged with this id.
    #[error("internal error in request {request_id}")]
    Internal { request_id: String },
    /// The page is older or newer than the server: reloading helps.
    #[error("the page does not fit the server")]
    Outdated,
    /// The server was not reached.
    #[error("the server was not reached")]
    Transport,
}

impl AppError {
    /// One field's mistake.
    #[must_use]
    pub fn field(field: &str, code: &str) -> Self {
        Self::Invalid(FieldErrors::one(field, code))
    }

    /// A refusal by the state of the thing.
    #[must_use]
    pub fn conflict(code: &str) -> Self {
        Self::Conflict { code: code.to_owned() }
    }

    /// The HTTP status that says the same.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Invalid(_) => 422,
            Self::Declined { .. } => 402,
            Self::Conflict { .. } => 409,
            Self::RateLimited { .. } => 429,
            Self::Internal { .. } => 500,
            Self::Outdated => 400,
            Self::Transport => 503,
        }
    }
}

impl From<FieldErrors> for AppError {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}

impl From<FieldError> for AppError {
    fn from(error: FieldError) -> Self {
        Self::Invalid(error.into())
    }
}

#[cfg(feature = "ssr")]
impl From<backend::error::QueryError> for AppError {
    /// A question without an answer: the role forbids it, or it is our mistake and logged here.
    fn from(error: backend::error::QueryError) -> Self {
        match error {
            backend::error::QueryError::Forbidden(_) => Self::Forbidden,
            error => crate::ssr::internal(&error),
        }
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::Transport,
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_)
            | ServerFnErrorErr::Serialization(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_) => Self::Outdated,
            ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::ServerError(_)
            | ServerFnErrorErr::MiddlewareError(_)
            | ServerFnErrorErr::Response(_) => {
                #[cfg(feature = "ssr")]
                return crate::ssr::internal(&error);
                #[cfg(not(feature = "ssr"))]
                Self::Transport
            }
        }
    }

    /// Called where a server function answers with an error: the place that gives the answer its status.
    fn ser(&self) -> Bytes {
        #[cfg(feature = "ssr")]
        crate::ssr::answer_with(self);
        <JsonEncoding as Encodes<Self>>::encode(self).unwrap_or_default()
    }

    /// Read as text, like everything else that arrives: a second way of reading would be in the download twice.
    fn de(data: Bytes) -> Self {
        std::str::from_utf8(&data)
            .ok()
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or(Self::Outdated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_gets_it_can_read() {
        let errors = [
            AppError::Unauthenticated,
            AppError::field("email", "required"),
            AppError::conflict("ended"),
            AppError::Declined { code: "declined".to_owned() },
            AppError::RateLimited { retry_after_s: 60 },
            AppError::Internal { request_id: "r".to_owned() },
        ];
        for error in errors {
            assert_eq!(AppError::de(error.ser()), error);
        }
        assert_eq!(AppError::de("<html>".into()), AppError::Outdated);
    }
}
