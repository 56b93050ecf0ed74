//! A customer's seats.

mod assign;
mod list;
mod revoke;
mod subscriptions;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, assign::assign))
        .routes(routes!(revoke::revoke))
        .routes(routes!(subscriptions::subscriptions))
}
