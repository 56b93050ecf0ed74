//! `GET /checkout/{client_secret}`: the address of a checkout. It leads on to the page of its organization.

use app::urls::paths;
use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use backend::{checkout, organization};

use crate::{problem::Problem, state::AppState, telemetry::log_error};

pub async fn checkout(
    State(state): State<AppState>,
    Path(client_secret): Path<String>,
) -> Result<Response, Problem> {
    let found = checkout::of_client_secret(&state.portal.secret, &client_secret);
    let (organization_id, _) = found.ok_or(Problem::NotFound)?;
    let organization = organization::find(&state.portal.db, organization_id)
        .await
        .map_err(|error| {
            log_error("a checkout's organization could not be looked up", &error);
            Problem::Unavailable
        })?
        .ok_or(Problem::NotFound)?;
    let to = paths::checkout(&organization.slug, &client_secret);
    let headers = [(header::LOCATION, to), (header::CACHE_CONTROL, "no-store".to_owned())];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}
