//! `PATCH /v1/customer-portal/orders/{id}`

use axum::{Json, extract::State};
use domain::id::OrderId;

use super::whole;
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::{Body, Id},
        schema::{
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
            order::CustomerOrder,
        },
        v1::orders::{OrderUpdate, update_asked_for},
    },
    state::AppState,
};

/// Change whom an order is billed to. An invoice that was issued already stays as it is.
#[utoipa::path(
    patch,
    path = "/v1/customer-portal/orders/{id}",
    operation_id = "customer_portal:orders:update",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the order.")),
    request_body = OrderUpdate,
    responses(
        (status = 200, body = CustomerOrder),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<OrderId>, ApiError>,
    body: Result<Body<OrderUpdate>, ApiError>,
) -> Result<Json<CustomerOrder>, ApiError> {
    let actor = caller.billing()?;
    let Id(id) = id?;
    let Body(body) = body?;
    let organization_id = actor.organization_id;
    let mut cx = context(&state, actor.into(), call);
    update_asked_for(&state.portal.db, &mut cx, id, body).await?;
    let found = whole(&state, organization_id, &[id]).await?.pop();
    Ok(Json(found.ok_or_else(ApiError::not_found)?))
}
