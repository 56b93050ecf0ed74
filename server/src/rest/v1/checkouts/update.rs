//! `PATCH /v1/checkouts/{id}`

use axum::{Json, extract::State};
use backend::checkout;
use domain::{id::CheckoutId, scope::Scope};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    body::{CheckoutStaffFields, CheckoutUpdatePublic},
    one,
    refusal::refused,
};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::{Body, Id},
        schema::{
            checkout::Checkout,
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

/// What is to change. What is missing stays; null empties.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CheckoutUpdate {
    #[serde(flatten)]
    details: CheckoutUpdatePublic,
    #[serde(flatten)]
    staff: CheckoutStaffFields,
}

/// Change a checkout that is not bought yet. One that is confirmed is opened again: a card given for what it was before is not charged.
#[utoipa::path(
    patch,
    path = "/v1/checkouts/{id}",
    operation_id = "checkouts:update",
    tag = "checkouts",
    security(("access_token" = ["checkouts:write"])),
    params(("id" = uuid::Uuid, Path, description = "The checkout's id.")),
    request_body = CheckoutUpdate,
    responses(
        (status = 200, body = Checkout),
        (status = 401, body = Unauthorized),
        (status = 403, description = "`NotOpenCheckout`, `DiscountRedemptionLimitReached`.", body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 409, description = "`CheckoutLocked`: its charge is under way.", body = NotPermitted),
        (status = 410, description = "`ExpiredCheckoutError`.", body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<CheckoutId>, ApiError>,
    body: Result<Body<CheckoutUpdate>, ApiError>,
) -> Result<Json<Checkout>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::CheckoutsWrite)?;
    let Id(checkout_id) = id?;
    let Body(body) = body?;
    let change = body.staff.into_change(body.details.into())?;
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    cx.once(async |cx| checkout::update(db, cx, organization_id, checkout_id, change).await)
        .await
        .map_err(refused)?;
    Ok(Json(one(&state, organization_id, checkout_id).await?))
}
