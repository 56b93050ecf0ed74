//! The customer that calls.

mod billing_details;
mod email_update;
mod export;
mod get;
mod payment_methods;
mod stream;
mod update;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(get::get, update::update))
        .merge(billing_details::router())
        .merge(email_update::router())
        .routes(routes!(export::export))
        .routes(routes!(stream::stream))
        .merge(payment_methods::router())
}
