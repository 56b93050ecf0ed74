//! `GET /v1/customer-portal/orders/{id}/payment-status`

use axum::{Json, extract::State};
use backend::{order, page::PageRequest, payment};
use domain::{id::OrderId, payment::PaymentAttemptState};
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

/// How the last try to charge an order went.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerOrderPaymentStatus {
    /// `no_payment`, `pending`, `succeeded` or `failed`.
    #[schema(example = "succeeded")]
    pub status: &'static str,
    /// Why it failed.
    pub error: Option<String>,
}

/// Tell how the last payment of an order went.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/orders/{id}/payment-status",
    operation_id = "customer_portal:orders:get_payment_status",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the order.")),
    responses(
        (status = 200, body = CustomerOrderPaymentStatus),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn payment_status(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<OrderId>, ApiError>,
) -> Result<Json<CustomerOrderPaymentStatus>, ApiError> {
    let actor = caller.billing()?.into();
    let Id(id) = id?;
    let db = &state.portal.db;
    if order::get(db, &actor, id).await?.is_none() {
        return Err(ApiError::not_found());
    }
    let history = payment::history(db, &actor, Some(id), PageRequest::FIRST).await?;
    let Some(last) = history.items.into_iter().next() else {
        return Ok(Json(CustomerOrderPaymentStatus { status: "no_payment", error: None }));
    };
    let status = match last.state {
        PaymentAttemptState::Succeeded => "succeeded",
        PaymentAttemptState::Declined | PaymentAttemptState::Abandoned => "failed",
        _ => "pending",
    };
    Ok(Json(CustomerOrderPaymentStatus {
        status,
        error: last.decline_code.map(|code| code.to_string()),
    }))
}
