//! Where somebody is signed in: Foyer's own operations.

mod end;
mod end_all;
mod list;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list::list, end_all::end_all)).routes(routes!(end::end))
}
