//! The customer that calls.

mod billing_details;
mod get;
mod payment_methods;
mod update;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(get::get, update::update))
        .merge(billing_details::router())
        .merge(payment_methods::router())
}
