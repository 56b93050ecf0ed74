//! How the customer pays.

mod add;
mod backup;
mod confirm;
mod delete;
mod list;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(add::add))
        .routes(routes!(confirm::confirm))
        .routes(routes!(delete::delete))
        .routes(routes!(backup::set, backup::unset))
}
