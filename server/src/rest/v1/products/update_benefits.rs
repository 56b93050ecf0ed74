//! `POST /v1/products/{id}/benefits`

use axum::{Json, extract::State};
use backend::product::{self, UpdateProduct};
use domain::{
    id::{BenefitId, ProductId},
    scope::Scope,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{update::refused, whole};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::{Body, Id},
        schema::{
            error::{ResourceNotFound, Unauthorized, ValidationError},
            product::Product,
        },
    },
    state::AppState,
};

/// What comes with a product.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ProductBenefitsUpdate {
    /// All of them, in the order they are shown.
    #[schema(value_type = Vec<Uuid>, max_items = 64)]
    benefits: Vec<BenefitId>,
}

/// Say what comes with a product.
#[utoipa::path(
    post,
    path = "/v1/products/{id}/benefits",
    operation_id = "products:update_benefits",
    tag = "products",
    security(("access_token" = ["products:write"])),
    params(("id" = Uuid, Path, description = "Of the product.")),
    request_body = ProductBenefitsUpdate,
    responses(
        (status = 200, body = Product),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn update_benefits(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<ProductId>, ApiError>,
    body: Result<Body<ProductBenefitsUpdate>, ApiError>,
) -> Result<Json<Product>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::ProductsWrite)?;
    let Id(id) = id?;
    let Body(body) = body?;
    let input =
        UpdateProduct { benefits: Some(body.benefits), ..UpdateProduct::of(organization_id, id) };
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    cx.once(async |cx| product::update(db, cx, input).await).await.map_err(refused)?;
    let updated = whole(db, organization_id, &[id]).await?.pop();
    Ok(Json(updated.ok_or_else(ApiError::not_found)?))
}
