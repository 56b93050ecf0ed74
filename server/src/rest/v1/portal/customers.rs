//! The customer that calls.

mod get;
mod payment_methods;
mod update;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get::get, update::update)).merge(payment_methods::router())
}
