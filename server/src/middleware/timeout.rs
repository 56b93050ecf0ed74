//! No request runs for ever. The head of the answer must come in time; an event stream then goes on.

use std::time::Duration;

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::problem::Problem;

const TIMEOUT: Duration = Duration::from_secs(30);

pub async fn timeout(request: Request, next: Next) -> Response {
    if let Ok(response) = tokio::time::timeout(TIMEOUT, next.run(request)).await {
        return response;
    }
    tracing::error!(timeout_s = TIMEOUT.as_secs(), "a request ran out of time");
    Problem::TimedOut.into_response()
}
