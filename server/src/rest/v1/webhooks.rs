//! `/v1/webhooks`: endpoints and deliveries.

mod deliveries;
mod endpoints;
mod redeliver;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(endpoints::list::list, endpoints::create::create))
        .routes(routes!(endpoints::get::get, endpoints::update::update, endpoints::delete::delete))
        .routes(routes!(endpoints::change_secret::change_secret))
        .routes(routes!(endpoints::test::test))
        .routes(routes!(deliveries::list))
        .routes(routes!(redeliver::redeliver))
}
