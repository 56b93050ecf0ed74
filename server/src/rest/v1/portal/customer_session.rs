//! The session that calls.

mod introspect;
mod user;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(introspect::introspect)).routes(routes!(user::user))
}
