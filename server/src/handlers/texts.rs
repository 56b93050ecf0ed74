//! `GET /texts/{locale}.{hash}.json`: the texts that the browser's side shows.

use axum::{
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
};

use crate::problem::Problem;

pub async fn texts(Path(file): Path<String>) -> Response {
    let Some(body) = app::ssr::texts::body(&file) else {
        return Problem::NotFound.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, body).into_response()
}
