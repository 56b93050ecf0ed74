//! `DELETE /v1/discounts/{id}`

use axum::{extract::State, http::StatusCode};
use backend::discount::{self, DeleteDiscountError};
use domain::{id::DiscountId, scope::Scope};

use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::Id,
        schema::error::{ResourceNotFound, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// Delete a discount: nobody gets it any more, and who has it keeps it.
#[utoipa::path(
    delete,
    path = "/v1/discounts/{id}",
    operation_id = "discounts:delete",
    tag = "discounts",
    security(("access_token" = ["discounts:write"])),
    params(("id" = Uuid, Path, description = "Of the discount.")),
    responses(
        (status = 204),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<DiscountId>, ApiError>,
) -> Result<StatusCode, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::DiscountsWrite)?;
    let Id(id) = id?;
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    cx.once(async |cx| discount::delete(db, cx, organization_id, id).await)
        .await
        .map_err(|error| refused(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

fn refused(error: &DeleteDiscountError) -> ApiError {
    match error {
        DeleteDiscountError::Unknown => ApiError::not_found(),
        DeleteDiscountError::Forbidden(_) => ApiError::unauthorized(),
        DeleteDiscountError::Database(_) => {
            ApiError::internal("a discount could not be deleted", error)
        }
    }
}
