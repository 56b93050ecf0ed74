//! `GET /v1/customer-portal/orders/{id}`

use axum::{Json, extract::State};
use backend::order;
use domain::id::OrderId;

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Id,
        schema::{
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
            order::CustomerOrder,
        },
    },
    state::AppState,
};

/// Get an order with its lines.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/orders/{id}",
    operation_id = "customer_portal:orders:get",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the order.")),
    responses(
        (status = 200, body = CustomerOrder),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<OrderId>, ApiError>,
) -> Result<Json<CustomerOrder>, ApiError> {
    let actor = caller.billing()?;
    let Id(id) = id?;
    let organization_id = actor.organization_id;
    if order::get(&state.portal.db, &actor.into(), id).await?.is_none() {
        return Err(ApiError::not_found());
    }
    let found = whole(&state, organization_id, &[id]).await?.pop();
    Ok(Json(found.ok_or_else(ApiError::not_found)?))
}
