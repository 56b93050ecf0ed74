//! `/api/{name}`: what pages call. A name that this version does not know comes from an older or newer page.

use app::ssr;
use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use leptos::server_fn::axum::server_fn_paths;

use crate::{problem::Problem, state::AppState};

pub async fn server_function(State(state): State<AppState>, request: Request) -> Response {
    let known: Vec<_> =
        server_fn_paths().filter(|(path, _)| *path == request.uri().path()).collect();
    if known.is_empty() {
        return Problem::UnknownServerFunction.into_response();
    }
    if !known.iter().any(|(_, method)| method == request.method()) {
        return Problem::MethodNotAllowed.into_response();
    }
    let portal = state.portal.clone();
    leptos_axum::handle_server_fns_with_context(move || ssr::provide(&portal), request)
        .await
        .into_response()
}
