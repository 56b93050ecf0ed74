//! `GET /metrics` for Prometheus. With `--metrics-token` it asks for that bearer token; without one it answers only to
//! callers on this machine that come through no proxy, so that a portal behind a proxy does not show it to everybody.

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use time::OffsetDateTime;

use crate::{middleware::client::Client, problem::Problem, redacted::Redacted, state::AppState};

pub async fn metrics(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Response {
    let allowed = match &state.metrics_token {
        Some(token) => has_token(&headers, token),
        None => client.is_this_machine,
    };
    if !allowed {
        return Problem::NotFound.into_response();
    }
    let pool = &state.portal.db;
    metrics::gauge!("database_connections", "state" => "open").set(f64::from(pool.size()));
    metrics::gauge!("database_connections", "state" => "idle")
        .set(u32::try_from(pool.num_idle()).map_or(0.0, f64::from));
    measure_lag(&state).await;
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], state.metrics.render()).into_response()
}

/// Compares digests, so that the time taken tells nothing of the token.
fn has_token(headers: &HeaderMap, token: &Redacted) -> bool {
    let sent = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    sent.is_some_and(|sent| {
        backend::secret::same_digest(
            &backend::token::hash(sent),
            &backend::token::hash(token.expose()),
        )
    })
}

/// How long the oldest due rows have waited. A database that does not answer leaves the last figures.
async fn measure_lag(state: &AppState) {
    let now = state.portal.clock.now();
    let asked = sqlx::query_as::<_, (String, Option<OffsetDateTime>)>(
        "select 'mail', min(due_at) from mail where due_at is not null
         union all select 'subscription', min(due_at) from subscription where due_at is not null
         union all select 'invoice', min(issue_due_at) from orders where issue_due_at is not null",
    );
    for (table, due_at) in asked.fetch_all(&state.portal.db).await.unwrap_or_default() {
        let lag_s = due_at.map_or(0.0, |due_at| (now - due_at).as_seconds_f64().max(0.0));
        metrics::gauge!("worker_due_lag_seconds", "table" => table).set(lag_s);
    }
}
