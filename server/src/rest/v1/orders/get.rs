//! `GET /v1/orders/{id}`

use axum::{Json, extract::State};
use domain::{id::OrderId, scope::Scope};

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Id,
        schema::{
            error::{ResourceNotFound, Unauthorized, ValidationError},
            order::Order,
        },
    },
    state::AppState,
};

/// Get an order with its lines.
#[utoipa::path(
    get,
    path = "/v1/orders/{id}",
    operation_id = "orders:get",
    tag = "orders",
    security(("access_token" = ["orders:read"])),
    params(("id" = Uuid, Path, description = "Of the order.")),
    responses(
        (status = 200, body = Order),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<OrderId>, ApiError>,
) -> Result<Json<Order>, ApiError> {
    let (_, organization_id) = caller.organization(Scope::OrdersRead)?;
    let Id(id) = id?;
    let found = whole(&state.portal.db, organization_id, &[id]).await?.pop();
    Ok(Json(found.ok_or_else(ApiError::not_found)?))
}
