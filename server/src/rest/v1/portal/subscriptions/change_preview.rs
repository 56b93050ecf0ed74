//! `POST /v1/customer-portal/subscriptions/{id}/change-preview`

use axum::{Json, extract::State};
use backend::quote::{self, QuoteRequest};
use domain::id::{ProductId, SubscriptionId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::refusal;
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, Issue},
        extract::{Body, Id},
        schema::{
            charge_preview::SubscriptionChargePreview,
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

/// The change: one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerSubscriptionChangePreview {
    #[schema(value_type = Option<Uuid>)]
    product_id: Option<ProductId>,
    seats: Option<i32>,
}

/// Tell what a change would be charged: at once, or with the next period when nothing is due at once.
#[utoipa::path(
    post,
    path = "/v1/customer-portal/subscriptions/{id}/change-preview",
    operation_id = "customer_portal:subscriptions:change_preview",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the subscription.")),
    request_body = CustomerSubscriptionChangePreview,
    responses(
        (status = 200, body = SubscriptionChargePreview),
        (status = 400, description = "Seats: `NotASeatBasedSubscription`, `BelowMinimumSeats`, `AboveMaximumSeats`, `SeatsAlreadyAssigned`.", body = NotPermitted),
        (status = 401, body = Unauthorized),
        (status = 403, description = "`NotPermitted`, `AlreadyCanceledSubscription`, `UpdateSubscriptionPlanNotAllowed`, `UpdateSubscriptionSeatsNotAllowed`.", body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 409, description = "`SubscriptionLocked`: nothing can change now, or nothing would.", body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn change_preview(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<SubscriptionId>, ApiError>,
    body: Result<Body<CustomerSubscriptionChangePreview>, ApiError>,
) -> Result<Json<SubscriptionChargePreview>, ApiError> {
    let actor = caller.billing()?;
    let Id(id) = id?;
    let request = match body?.0 {
        CustomerSubscriptionChangePreview { product_id: Some(product_id), seats: None } => {
            QuoteRequest::Plan { product_id, seats: None }
        }
        CustomerSubscriptionChangePreview { product_id: None, seats: Some(seats) } => {
            QuoteRequest::Seats { seats }
        }
        _ => {
            let msg = "Give either product_id or seats.";
            return Err(ApiError::Malformed(vec![Issue::body("missing", "product_id", msg)]));
        }
    };
    let mut cx = context(&state, actor.into(), call);
    let quote =
        quote::create(&state.portal.db, &mut cx, id, request).await.map_err(refusal::quote)?;
    let result = quote.result;
    let amounts = match result.next_charge {
        Some(next) if result.due_now.lines.is_empty() => next.amounts,
        _ => result.due_now,
    };
    Ok(Json((&amounts).into()))
}
