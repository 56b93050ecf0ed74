//! The HTTP API under `/v1`, in the wire format of Polar's public API.
//!
//! An operation is `rest/v1/<resource>/<operation>.rs`: its types, its entry in the `OpenAPI` document, its handler, its tests.
//! What several operations send or take stands in `rest/schema`.

pub mod caller;
pub mod checks;
mod csv;
pub mod document;
pub mod error;
pub mod extract;
pub mod idempotency;
pub mod limit;
pub mod list;
pub mod schema;
pub mod timestamp;
pub mod v1;
pub mod version;

use std::sync::LazyLock;

use axum::{
    Json, Router,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, Uri, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use tower::Layer;
use tower_http::{
    cors::{Any, CorsLayer},
    normalize_path::{NormalizePath, NormalizePathLayer},
};

use crate::state::AppState;

/// Whether a path is the API's.
pub fn is_api(path: &str) -> bool {
    path.starts_with("/v1/") || path.starts_with("/api/v1/")
}

/// The API's routes, for the whole router.
pub fn routes(state: &AppState) -> Router<AppState> {
    let service = service(state);
    Router::new()
        .route("/openapi.json", get(openapi))
        .route_service("/v1/{*operation}", service.clone())
        .route_service("/api/v1/{*operation}", from_fn(without_api_prefix).layer(service))
}

/// What the API is, for machines.
async fn openapi() -> Response {
    static DOCUMENT: LazyLock<String> =
        LazyLock::new(|| v1::document().to_pretty_json().unwrap_or_default());
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str()).into_response()
}

/// A slash at the end makes no difference.
fn service(state: &AppState) -> NormalizePath<Router> {
    let router = v1::router()
        .fallback(async || (StatusCode::NOT_FOUND, Json(json!({ "detail": "Not Found" }))))
        .method_not_allowed_fallback(async || {
            (StatusCode::METHOD_NOT_ALLOWED, Json(json!({ "detail": "Method Not Allowed" })))
        })
        .layer(from_fn_with_state(state.clone(), idempotency::idempotency))
        .layer(from_fn_with_state(state.clone(), limit::limit))
        .layer(from_fn_with_state(state.clone(), caller::authenticate))
        .layer(from_fn(version::version))
        .layer(cors())
        .layer(from_fn(private))
        .with_state(state.clone());
    NormalizePathLayer::trim_trailing_slash().layer(router)
}

/// Any page may call with a token; the API reads no cookie.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            version::POLAR_VERSION,
            idempotency::IDEMPOTENCY_KEY,
        ])
        .expose_headers([version::POLAR_VERSION, header::RETRY_AFTER, idempotency::REPLAYED])
}

async fn private(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-store"));
    response
}

/// Older clients call `/api/v1`.
async fn without_api_prefix(mut request: Request, next: Next) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    match path.strip_prefix("/api").unwrap_or(path).parse::<Uri>() {
        Ok(uri) => {
            *request.uri_mut() = uri;
            next.run(request).await
        }
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}
