//! One line per request, and its figures.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};

/// Organization of a request, left on the response for the log.
#[derive(Clone, Debug)]
pub struct LoggedOrganization(pub String);

/// Logs method, route template, status and milliseconds. Never the path or query themselves: they may hold a
/// sign-in token, a hand-over code or an address.
pub async fn access_log(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = method_name(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(none)".to_owned(), |path| path.as_str().to_owned());
    let response = next.run(request).await;
    let elapsed = started.elapsed();
    let status = response.status().as_u16();
    let organization_id = response
        .extensions()
        .get::<LoggedOrganization>()
        .map(|organization| organization.0.as_str());
    tracing::info!(
        method,
        route,
        status,
        elapsed_ms = (elapsed.as_secs_f64() * 1_000_000.0).round() / 1_000.0,
        organization_id,
        "request"
    );
    let labels =
        [("method", method.to_owned()), ("route", route.clone()), ("status", status.to_string())];
    metrics::counter!("http_requests_total", &labels).increment(1);
    metrics::histogram!("http_request_duration_seconds", "route" => route)
        .record(elapsed.as_secs_f64());
    response
}

/// Known names only: a client may invent methods, and each would be a new series.
fn method_name(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
