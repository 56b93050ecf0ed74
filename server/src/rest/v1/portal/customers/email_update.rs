//! Another e-mail address for the customer, proved by a link that is mailed to it.

mod check;
mod request;
mod verify;

use axum::http::StatusCode;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{rest::error::ApiError, state::AppState};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(request::request))
        .routes(routes!(check::check))
        .routes(routes!(verify::verify))
}

fn invalid() -> ApiError {
    ApiError::typed(
        StatusCode::UNAUTHORIZED,
        "InvalidCustomerEmailUpdate",
        "The link is not ours, was used, was replaced by a later one, or holds no longer: ask for a new one.",
    )
}
