//! `DELETE /v1/benefits/{id}`

use axum::{extract::State, http::StatusCode};
use backend::benefit::{self, DeleteBenefitError};
use domain::{id::BenefitId, scope::Scope};

use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::Id,
        schema::error::{ResourceNotFound, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// Delete a benefit: it goes from every product that has it.
#[utoipa::path(
    delete,
    path = "/v1/benefits/{id}",
    operation_id = "benefits:delete",
    tag = "benefits",
    security(("access_token" = ["benefits:write"])),
    params(("id" = Uuid, Path, description = "Of the benefit.")),
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
    id: Result<Id<BenefitId>, ApiError>,
) -> Result<StatusCode, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::BenefitsWrite)?;
    let Id(id) = id?;
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    cx.once(async |cx| benefit::delete(db, cx, organization_id, id).await)
        .await
        .map_err(|error| refused(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

fn refused(error: &DeleteBenefitError) -> ApiError {
    match error {
        DeleteBenefitError::Unknown => ApiError::not_found(),
        DeleteBenefitError::Forbidden(_) => ApiError::unauthorized(),
        DeleteBenefitError::Database(_) => {
            ApiError::internal("a benefit could not be deleted", error)
        }
    }
}
