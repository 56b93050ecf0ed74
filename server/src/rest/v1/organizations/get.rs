//! `GET /v1/organizations/{id}`

use axum::{Json, extract::State};
use domain::{id::OrganizationId, scope::Scope};

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Id,
        schema::{
            error::{ResourceNotFound, Unauthorized, ValidationError},
            organization::Organization,
        },
    },
    state::AppState,
};

/// Get your organization with its settings.
#[utoipa::path(
    get,
    path = "/v1/organizations/{id}",
    operation_id = "organizations:get",
    tag = "organizations",
    security(("access_token" = ["organizations:read"])),
    params(("id" = Uuid, Path, description = "Of your organization.")),
    responses(
        (status = 200, body = Organization),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<OrganizationId>, ApiError>,
) -> Result<Json<Organization>, ApiError> {
    let (_, organization_id) = caller.organization(Scope::OrganizationsRead)?;
    let Id(id) = id?;
    if id != organization_id {
        return Err(ApiError::not_found());
    }
    let found = whole(&state.portal.db, organization_id).await?;
    Ok(Json(found.ok_or_else(ApiError::not_found)?))
}
