//! `DELETE /v1/organization-access-tokens/{id}`

use axum::{extract::State, http::StatusCode};
use backend::access_token::{self, RevokeAccessTokenError};
use domain::{id::AccessTokenId, scope::Scope};

use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::Id,
        schema::error::{ResourceNotFound, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// Revoke an access token, at once and for ever; it may be the one that calls.
///
/// Foyer's own: Polar has no such operation.
#[utoipa::path(
    delete,
    path = "/v1/organization-access-tokens/{id}",
    operation_id = "organization_access_tokens:delete",
    tag = "organization_access_tokens",
    security(("access_token" = ["organization_access_tokens:write"])),
    params(("id" = Uuid, Path, description = "Of the token.")),
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
    id: Result<Id<AccessTokenId>, ApiError>,
) -> Result<StatusCode, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::OrganizationAccessTokensWrite)?;
    let Id(id) = id?;
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    cx.once(async |cx| access_token::revoke(db, cx, organization_id, id).await)
        .await
        .map_err(|error| refused(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

fn refused(error: &RevokeAccessTokenError) -> ApiError {
    match error {
        RevokeAccessTokenError::Unknown => ApiError::not_found(),
        RevokeAccessTokenError::Forbidden(_) => ApiError::unauthorized(),
        RevokeAccessTokenError::Database(_) => {
            ApiError::internal("an access token could not be revoked", error)
        }
    }
}
