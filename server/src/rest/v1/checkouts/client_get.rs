//! `GET /v1/checkouts/client/{client_secret}`

use axum::{Json, extract::State};
use domain::checkout::CheckoutState;

use super::{buyer, public, refusal::refused};
use crate::{
    rest::{
        error::ApiError,
        extract::ClientSecret,
        schema::{
            checkout::CheckoutPublic,
            error::{NotPermitted, ResourceNotFound, ValidationError},
        },
    },
    state::AppState,
};

/// Get a checkout by its secret. Nobody needs to be signed in.
#[utoipa::path(
    get,
    path = "/v1/checkouts/client/{client_secret}",
    operation_id = "checkouts:client_get",
    tag = "checkouts",
    params(("client_secret" = String, Path, description = "The checkout's secret.", example = "foyer_c_…")),
    responses(
        (status = 200, body = CheckoutPublic),
        (status = 404, body = ResourceNotFound),
        (status = 410, description = "`ExpiredCheckoutError`.", body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get(
    State(state): State<AppState>,
    ClientSecret(client_secret): ClientSecret,
) -> Result<Json<CheckoutPublic>, ApiError> {
    let (actor, organization_id, checkout_id) = buyer(&state, &client_secret)?;
    let (record, view) = public(&state, &actor, organization_id, checkout_id).await?;
    if record.state == CheckoutState::Expired {
        return Err(refused(backend::checkout::CheckoutError::Expired));
    }
    Ok(Json(view))
}
