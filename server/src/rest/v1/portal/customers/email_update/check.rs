//! `GET /v1/customer-portal/customers/me/email-update/check`

use axum::{extract::State, http::StatusCode};
use backend::{email_update, rate_limit::CheckError};

use super::invalid;
use crate::{
    rest::{
        caller::{Caller, ClientKey},
        error::{ApiError, Issue},
        extract::Query,
        schema::error::{Unauthorized, ValidationError},
    },
    state::AppState,
};

/// Tell whether the link to a new address still works. Uses nothing up.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/customers/me/email-update/check",
    operation_id = "customer_portal:customers:check_email_update",
    tag = "customer_portal",
    params(("token" = String, Query, min_length = 1, description = "As it was mailed.")),
    responses(
        (status = 204, description = "It works."),
        (status = 401, description = "`InvalidCustomerEmailUpdate`", body = Unauthorized),
        (status = 422, body = ValidationError),
        (status = 429, description = "Too many tries: `Retry-After` tells how many seconds to wait."),
    )
)]
pub async fn check(
    State(state): State<AppState>,
    _: Caller,
    ClientKey(client): ClientKey,
    query: Query,
) -> Result<StatusCode, ApiError> {
    let token = query.text("token").unwrap_or("");
    if token.is_empty() {
        let issue = Issue::query("missing", "token", "This is needed.", token);
        return Err(ApiError::Malformed(vec![issue]));
    }
    let portal = &state.portal;
    let now = portal.clock.now();
    match email_update::check(&portal.db, &portal.secret, token, &client, now).await {
        Ok(true) => Ok(StatusCode::NO_CONTENT),
        Ok(false) => Err(invalid()),
        Err(CheckError::Limited(limited)) => Err(limited.into()),
        Err(error @ CheckError::Database(_)) => {
            Err(ApiError::internal("a link could not be looked at", &error))
        }
    }
}
