//! `GET /v1/discounts/{id}`

use axum::{Json, extract::State};
use backend::discount;
use domain::{id::DiscountId, scope::Scope};

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Id,
        schema::{
            discount::Discount,
            error::{ResourceNotFound, Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

/// Get a discount.
#[utoipa::path(
    get,
    path = "/v1/discounts/{id}",
    operation_id = "discounts:get",
    tag = "discounts",
    security(("access_token" = ["discounts:read"])),
    params(("id" = Uuid, Path, description = "Of the discount.")),
    responses(
        (status = 200, body = Discount),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<DiscountId>, ApiError>,
) -> Result<Json<Discount>, ApiError> {
    let (_, organization_id) = caller.organization(Scope::DiscountsRead)?;
    let Id(id) = id?;
    let db = &state.portal.db;
    if discount::get(db, organization_id, id).await?.is_none() {
        return Err(ApiError::not_found());
    }
    let found = whole(db, organization_id, &[id]).await?.pop();
    Ok(Json(found.ok_or_else(ApiError::not_found)?))
}
