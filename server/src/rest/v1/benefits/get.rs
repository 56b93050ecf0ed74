//! `GET /v1/benefits/{id}`

use axum::{Json, extract::State};
use backend::benefit;
use domain::{id::BenefitId, scope::Scope};

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Id,
        schema::{
            benefit::Benefit,
            error::{ResourceNotFound, Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

/// Get a benefit.
#[utoipa::path(
    get,
    path = "/v1/benefits/{id}",
    operation_id = "benefits:get",
    tag = "benefits",
    security(("access_token" = ["benefits:read"])),
    params(("id" = Uuid, Path, description = "Of the benefit.")),
    responses(
        (status = 200, body = Benefit),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<BenefitId>, ApiError>,
) -> Result<Json<Benefit>, ApiError> {
    let (_, organization_id) = caller.organization(Scope::BenefitsRead)?;
    let Id(id) = id?;
    let db = &state.portal.db;
    if benefit::get(db, organization_id, id).await?.is_none() {
        return Err(ApiError::not_found());
    }
    let found = whole(db, organization_id, &[id]).await?.pop();
    Ok(Json(found.ok_or_else(ApiError::not_found)?))
}
