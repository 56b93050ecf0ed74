//! `PATCH /v1/organization-access-tokens/{id}`

use axum::{Json, extract::State};
use backend::access_token::{self, UpdateAccessToken, UpdateAccessTokenError};
use domain::{id::AccessTokenId, scope::Scope};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{OrganizationAccessToken, on_wire};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        checks::field_issues,
        error::ApiError,
        extract::{Body, Id},
        schema::error::{ResourceNotFound, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// What changes; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OrganizationAccessTokenUpdate {
    #[schema(min_length = 1, max_length = 128)]
    comment: Option<String>,
    /// All of them; nothing that the calling token may not.
    #[schema(value_type = Option<Vec<String>>)]
    scopes: Option<Vec<Scope>>,
}

/// Rename an access token, or give it other scopes.
///
/// Foyer's own: Polar has no such operation.
#[utoipa::path(
    patch,
    path = "/v1/organization-access-tokens/{id}",
    operation_id = "organization_access_tokens:update",
    tag = "organization_access_tokens",
    security(("access_token" = ["organization_access_tokens:write"])),
    params(("id" = Uuid, Path, description = "Of the token.")),
    request_body = OrganizationAccessTokenUpdate,
    responses(
        (status = 200, body = OrganizationAccessToken),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<AccessTokenId>, ApiError>,
    body: Result<Body<OrganizationAccessTokenUpdate>, ApiError>,
) -> Result<Json<OrganizationAccessToken>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::OrganizationAccessTokensWrite)?;
    let Id(access_token_id) = id?;
    let Body(body) = body?;
    let input = UpdateAccessToken {
        organization_id,
        access_token_id,
        name: body.comment,
        scopes: body.scopes,
    };
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    cx.once(async |cx| access_token::update(db, cx, input).await).await.map_err(refused)?;
    let updated = access_token::get(db, organization_id, access_token_id).await?;
    Ok(Json(updated.ok_or_else(ApiError::not_found)?.into()))
}

fn refused(error: UpdateAccessTokenError) -> ApiError {
    match error {
        UpdateAccessTokenError::Invalid(errors) => field_issues(&errors, on_wire),
        UpdateAccessTokenError::Unknown => ApiError::not_found(),
        UpdateAccessTokenError::Forbidden(_) => ApiError::unauthorized(),
        error @ UpdateAccessTokenError::Database(_) => {
            ApiError::internal("an access token could not be changed", &error)
        }
    }
}
