//! What changes would cost: Foyer's own operations.

mod confirm;
mod create;
mod get;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(create::create))
        .routes(routes!(get::get))
        .routes(routes!(confirm::confirm))
}
