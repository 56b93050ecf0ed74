//! Signing in, and the session that calls.

mod authenticate;
mod introspect;
mod request;
mod user;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::state::AppState;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(request::request))
        .routes(routes!(authenticate::authenticate))
        .routes(routes!(introspect::introspect))
        .routes(routes!(user::user))
}
