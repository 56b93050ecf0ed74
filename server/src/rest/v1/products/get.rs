//! `GET /v1/products/{id}`

use axum::{Json, extract::State};
use backend::product;
use domain::{id::ProductId, scope::Scope};

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Id,
        schema::{
            error::{ResourceNotFound, Unauthorized, ValidationError},
            product::Product,
        },
    },
    state::AppState,
};

/// Get a product with its prices and benefits.
#[utoipa::path(
    get,
    path = "/v1/products/{id}",
    operation_id = "products:get",
    tag = "products",
    security(("access_token" = ["products:read"])),
    params(("id" = Uuid, Path, description = "Of the product.")),
    responses(
        (status = 200, body = Product),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<ProductId>, ApiError>,
) -> Result<Json<Product>, ApiError> {
    let (_, organization_id) = caller.organization(Scope::ProductsRead)?;
    let Id(id) = id?;
    let db = &state.portal.db;
    if product::get(db, organization_id, id).await?.is_none() {
        return Err(ApiError::not_found());
    }
    let found = whole(db, organization_id, &[id]).await?.pop();
    Ok(Json(found.ok_or_else(ApiError::not_found)?))
}
