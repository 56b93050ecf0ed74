//! `GET /v1/customer-portal/quotes/{id}`

use axum::{Json, extract::State};
use backend::quote;
use domain::id::QuoteId;

use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Id,
        schema::{
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
            quote::Quote,
        },
    },
    state::AppState,
};

/// Get a quote, whether or not it can still be confirmed. Foyer's own: Polar has no such operation.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/quotes/{id}",
    operation_id = "customer_portal:quotes:get",
    tag = "foyer",
    security(("customer_session" = []), ("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the quote.")),
    responses(
        (status = 200, body = Quote),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<QuoteId>, ApiError>,
) -> Result<Json<Quote>, ApiError> {
    let actor = caller.billing()?;
    let Id(id) = id?;
    let found = quote::get(&state.portal.db, &actor.into(), id).await?;
    Ok(Json(found.ok_or_else(ApiError::not_found)?.into()))
}
