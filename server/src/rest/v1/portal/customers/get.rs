//! `GET /v1/customer-portal/customers/me`

use axum::{Json, extract::State};
use backend::customer;

use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        schema::{
            customer::CustomerPortalCustomer,
            error::{Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

/// Get the customer that the session belongs to.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/customers/me",
    operation_id = "customer_portal:customers:get",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    responses(
        (status = 200, body = CustomerPortalCustomer),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<CustomerPortalCustomer>, ApiError> {
    let session = caller.portal()?;
    let found = customer::portal_customer(&state.portal.db, &session.actor).await?;
    Ok(Json(found.ok_or_else(ApiError::unauthorized)?.into()))
}
