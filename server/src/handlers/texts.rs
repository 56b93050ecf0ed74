//! `GET /texts/{locale}.{hash}.json`: the texts that the browser's side shows.

use axum::{
    extract::Path,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};

use crate::problem::Problem;

pub async fn texts(Path(file): Path<String>, request: HeaderMap) -> Response {
    let (Some(body), Some(compressed)) =
        (app::ssr::texts::body(&file), app::ssr::texts::body_in_brotli(&file))
    else {
        return Problem::NotFound.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "accept-encoding"),
    ];
    if takes_brotli(&request) {
        return (headers, [(header::CONTENT_ENCODING, "br")], compressed).into_response();
    }
    (headers, body).into_response()
}

fn takes_brotli(request: &HeaderMap) -> bool {
    let accepted = request
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accepted.split(',').any(|coding| matches!(coding.trim(), "br" | "br;q=1" | "br;q=1.0"))
}
