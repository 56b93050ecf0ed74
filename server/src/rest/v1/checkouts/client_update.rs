//! `PATCH /v1/checkouts/client/{client_secret}`

use axum::{Json, extract::State};
use backend::checkout;

use super::{body::CheckoutUpdatePublic, buyer, public, refusal::refused};
use crate::{
    rest::{
        caller::{Call, context},
        error::ApiError,
        extract::{Body, ClientSecret},
        schema::{
            checkout::CheckoutPublic,
            error::{NotPermitted, ResourceNotFound, ValidationError},
        },
    },
    state::AppState,
};

/// Fill a checkout in, by its secret. Nobody needs to be signed in.
#[utoipa::path(
    patch,
    path = "/v1/checkouts/client/{client_secret}",
    operation_id = "checkouts:client_update",
    tag = "checkouts",
    params(("client_secret" = String, Path, description = "The checkout's secret.", example = "foyer_c_…")),
    request_body = CheckoutUpdatePublic,
    responses(
        (status = 200, body = CheckoutPublic),
        (status = 403, description = "`NotOpenCheckout`, `DiscountRedemptionLimitReached`.", body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 409, description = "`CheckoutLocked`: its charge is under way.", body = NotPermitted),
        (status = 410, description = "`ExpiredCheckoutError`.", body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn update(
    State(state): State<AppState>,
    call: Call,
    ClientSecret(client_secret): ClientSecret,
    Body(body): Body<CheckoutUpdatePublic>,
) -> Result<Json<CheckoutPublic>, ApiError> {
    let (actor, organization_id, checkout_id) = buyer(&state, &client_secret)?;
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    let change = body.into();
    cx.once(async |cx| checkout::update(db, cx, organization_id, checkout_id, change).await)
        .await
        .map_err(refused)?;
    Ok(Json(public(&state, &cx.actor, organization_id, checkout_id).await?.1))
}
