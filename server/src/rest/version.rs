//! The version of the API that a client speaks.

use axum::{
    Json,
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// The header that names it.
pub const POLAR_VERSION: HeaderName = HeaderName::from_static("polar-version");

/// A version; later ones only add fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApiVersion {
    /// Also of clients that name none.
    V2026_04,
    V2026_10,
    V2027_01,
}

impl ApiVersion {
    fn parse(text: &[u8]) -> Option<Self> {
        match text {
            b"2026-04" => Some(Self::V2026_04),
            b"2026-10" => Some(Self::V2026_10),
            b"2027-01" => Some(Self::V2027_01),
            _ => None,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::V2026_04 => "2026-04",
            Self::V2026_10 => "2026-10",
            Self::V2027_01 => "2027-01",
        }
    }
}

/// Reads the version, and echoes it on every answer; an unknown one is 404, as its clients expect.
pub async fn version(mut request: Request, next: Next) -> Response {
    let version = match request.headers().get(POLAR_VERSION) {
        None => Some(ApiVersion::V2026_04),
        Some(value) => ApiVersion::parse(value.as_bytes()),
    };
    let Some(version) = version else {
        return (StatusCode::NOT_FOUND, Json(json!({ "detail": "Not Found" }))).into_response();
    };
    request.extensions_mut().insert(version);
    let mut response = next.run(request).await;
    response.headers_mut().insert(POLAR_VERSION, HeaderValue::from_static(version.as_str()));
    response
}
