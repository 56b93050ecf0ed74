//! `POST /v1/orders/{id}/pay-link`

use axum::{Json, extract::State, http::StatusCode};
use backend::{order, organization, payment::pay_link};
use domain::{id::OrderId, order::OrderStatus, scope::Scope};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Id,
        schema::error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// Where an order can be paid by whoever has the address.
#[derive(Debug, Serialize, ToSchema)]
pub struct PayLink {
    /// Opens as often as needed, until the order is settled or void.
    #[schema(example = "https://billing.example.com/acme/pay/…")]
    pub url: String,
}

/// Get the address where an open order can be paid without signing in. Foyer's own: Polar has no such operation.
#[utoipa::path(
    post,
    path = "/v1/orders/{id}/pay-link",
    operation_id = "orders:pay_link",
    tag = "foyer",
    security(("access_token" = ["orders:write"])),
    params(("id" = Uuid, Path, description = "Of the order.")),
    responses(
        (status = 200, body = PayLink),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 409, description = "`OrderNotOpen`: there is nothing to pay.", body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<OrderId>, ApiError>,
) -> Result<Json<PayLink>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::OrdersWrite)?;
    let Id(id) = id?;
    let portal = &state.portal;
    let order = order::get(&portal.db, &actor, id).await?.ok_or_else(ApiError::not_found)?;
    if order.summary.status != OrderStatus::Pending {
        let detail = "The order is not open: there is nothing to pay.";
        return Err(ApiError::typed(StatusCode::CONFLICT, "OrderNotOpen", detail));
    }
    let organization = organization::find(&portal.db, organization_id).await?;
    let organization = organization.ok_or_else(ApiError::not_found)?;
    let token = pay_link::token(&portal.secret, organization_id, id);
    Ok(Json(PayLink { url: portal.urls.pay_link(organization.slug.as_str(), &token) }))
}
