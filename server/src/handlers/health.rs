//! Is the process alive, and can it serve?

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::{migrations, state::AppState, telemetry::log_error};

/// `GET /healthz`: the process answers. Asks nothing of the database.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers and has every migration of this version.
pub async fn readyz(State(state): State<AppState>) -> Response {
    match migrations::missing(&state.portal.db).await {
        Ok(missing) if missing.is_empty() => "ready\n".into_response(),
        Ok(missing) => {
            unready(&format!("{} migration(s) are missing: run `foyer migrate`\n", missing.len()))
        }
        Err(error) => {
            log_error("the database does not answer", &error);
            unready("the database does not answer\n")
        }
    }
}

fn unready(why: &str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, why.to_owned()).into_response()
}
