//! A panic in a handler is our mistake: the client gets a 500 with the request's id, the log gets the place.

use std::panic::AssertUnwindSafe;

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;

use crate::problem::Problem;

pub async fn panic(request: Request, next: Next) -> Response {
    if let Ok(response) = AssertUnwindSafe(next.run(request)).catch_unwind().await {
        return response;
    }
    // The panic hook has logged message and place.
    metrics::counter!("panics_total").increment(1);
    Problem::Internal.into_response()
}
