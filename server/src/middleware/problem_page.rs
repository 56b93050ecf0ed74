//! Writes the body of refusals, also of those that axum itself answers without one.

use axum::{
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::Response,
};

use super::request_id::RequestId;
use crate::{
    problem::{Problem, ProblemMark, Reader},
    state::AppState,
};

pub async fn problem_page(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let reader = Reader::of(request.uri().path(), request.headers());
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let response = next.run(request).await;
    let marked = response.extensions().get::<ProblemMark>().map(|mark| mark.0);
    let bare = || match response.headers().get(header::CONTENT_TYPE) {
        None => Problem::of_status(response.status()),
        // axum's own refusals are plain English texts.
        Some(kind) if kind.as_bytes().starts_with(b"text/plain") && response.status() != 503 => {
            Problem::of_status(response.status())
        }
        Some(_) => None,
    };
    let Some(problem) = marked.or_else(bare) else {
        return response;
    };
    let mut written = problem.write(&reader, &id, &state.portal.assets.style);
    *written.extensions_mut() = response.extensions().clone();
    for (name, value) in response.headers() {
        // The written answer has its own.
        if ![header::CONTENT_TYPE, header::CONTENT_LENGTH, header::ACCESS_CONTROL_ALLOW_ORIGIN]
            .contains(name)
        {
            written.headers_mut().append(name, value.clone());
        }
    }
    written
}
