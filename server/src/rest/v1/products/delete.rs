//! `DELETE /v1/products/{id}`

use axum::{extract::State, http::StatusCode};
use backend::product::{self, DeleteProductError};
use domain::{id::ProductId, scope::Scope};

use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::Id,
        schema::error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// Delete a product that was never sold; archive others. 403 is `ProductNotDeletable`.
#[utoipa::path(
    delete,
    path = "/v1/products/{id}",
    operation_id = "products:delete",
    tag = "products",
    security(("access_token" = ["products:write"])),
    params(("id" = Uuid, Path, description = "Of the product.")),
    responses(
        (status = 204),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<ProductId>, ApiError>,
) -> Result<StatusCode, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::ProductsWrite)?;
    let Id(id) = id?;
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    cx.once(async |cx| product::delete(db, cx, organization_id, id).await)
        .await
        .map_err(|error| refused(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

fn refused(error: &DeleteProductError) -> ApiError {
    match error {
        DeleteProductError::Unknown => ApiError::not_found(),
        DeleteProductError::Referred => {
            let detail = "Subscriptions or orders refer to this product: archive it instead.";
            ApiError::typed(StatusCode::FORBIDDEN, "ProductNotDeletable", detail)
        }
        DeleteProductError::Forbidden(_) => ApiError::unauthorized(),
        DeleteProductError::Database(_) => {
            ApiError::internal("a product could not be deleted", error)
        }
    }
}
