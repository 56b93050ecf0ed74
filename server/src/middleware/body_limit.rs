//! Reads the body of a request, within bounds, before its handler runs.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{problem::Problem, rest};

/// Bytes of a body. The longest form of ours, a comment of 2,000 characters, has a tenth of it.
pub const BODY_MAX: usize = 64 * 1024;

/// Bytes of a body that the API takes.
pub const API_BODY_MAX: usize = 1024 * 1024;

pub async fn body_limit(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if [Method::GET, Method::HEAD].contains(&parts.method) {
        return next.run(Request::from_parts(parts, Body::empty())).await;
    }
    let most = if rest::is_api(parts.uri.path()) { API_BODY_MAX } else { BODY_MAX };
    let announced = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > most as u64) {
        return Problem::BodyTooLarge.into_response();
    }
    match to_bytes(body, most).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(_) => Problem::BodyTooLarge.into_response(),
    }
}
