//! `GET /v1/checkouts/{id}`

use axum::{Json, extract::State};
use domain::{id::CheckoutId, scope::Scope};

use super::one;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Id,
        schema::{
            checkout::Checkout,
            error::{ResourceNotFound, Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

/// Get a checkout.
#[utoipa::path(
    get,
    path = "/v1/checkouts/{id}",
    operation_id = "checkouts:get",
    tag = "checkouts",
    security(("access_token" = ["checkouts:read"])),
    params(("id" = uuid::Uuid, Path, description = "The checkout's id.")),
    responses(
        (status = 200, body = Checkout),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<CheckoutId>, ApiError>,
) -> Result<Json<Checkout>, ApiError> {
    let (_, organization_id) = caller.organization(Scope::CheckoutsRead)?;
    let Id(checkout_id) = id?;
    Ok(Json(one(&state, organization_id, checkout_id).await?))
}
