//! `POST /v1/organization-access-tokens/`

use axum::{Json, extract::State, http::StatusCode};
use backend::access_token::{self, CreateAccessToken, CreateAccessTokenError};
use domain::{field_errors::FieldErrors, id::OrganizationId, scope::Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{OrganizationAccessToken, lifetime::Lifetime, on_wire};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        checks::{field_issues, own_organization},
        error::ApiError,
        extract::Body,
        schema::error::{Unauthorized, ValidationError},
    },
    state::AppState,
};

/// A token for a backend of yours.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OrganizationAccessTokenCreate {
    /// What it is for.
    #[schema(min_length = 1, max_length = 128, example = "shop")]
    comment: String,
    /// What it may do; nothing that the calling token may not.
    #[schema(value_type = Vec<String>, example = json!(["customers:read", "orders:read"]))]
    scopes: Vec<Scope>,
    /// How long it works, as ISO 8601 duration of weeks, days, hours, minutes and seconds; without end when missing.
    #[schema(value_type = Option<String>, example = "P90D")]
    expires_in: Option<Lifetime>,
    /// Your own, if any.
    #[schema(value_type = Option<Uuid>)]
    organization_id: Option<OrganizationId>,
}

/// A new token, with its secret for the only time.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganizationAccessTokenCreated {
    organization_access_token: OrganizationAccessToken,
    #[schema(example = "foyer_oat_…")]
    token: String,
}

/// Create an access token; it is shown only this once.
///
/// Foyer's own: Polar has no such operation.
#[utoipa::path(
    post,
    path = "/v1/organization-access-tokens",
    operation_id = "organization_access_tokens:create",
    tag = "organization_access_tokens",
    security(("access_token" = ["organization_access_tokens:write"])),
    request_body = OrganizationAccessTokenCreate,
    responses(
        (status = 201, body = OrganizationAccessTokenCreated),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    body: Result<Body<OrganizationAccessTokenCreate>, ApiError>,
) -> Result<(StatusCode, Json<OrganizationAccessTokenCreated>), ApiError> {
    let (actor, organization_id) = caller.organization(Scope::OrganizationAccessTokensWrite)?;
    let Body(body) = body?;
    own_organization(body.organization_id, organization_id)?;
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    let expires_at = match body.expires_in {
        None => None,
        Some(Lifetime(lifetime)) => Some(cx.now.checked_add(lifetime).ok_or_else(|| {
            field_issues(&FieldErrors::one("expires_in", "too_long"), str::to_owned)
        })?),
    };
    let input =
        CreateAccessToken { organization_id, name: body.comment, scopes: body.scopes, expires_at };
    let (id, token) =
        cx.once(async |cx| access_token::create(db, cx, input).await).await.map_err(refused)?;
    let record = access_token::get(db, organization_id, id).await?;
    let created = OrganizationAccessTokenCreated {
        organization_access_token: record.ok_or_else(ApiError::not_found)?.into(),
        token: token.expose().to_owned(),
    };
    Ok((StatusCode::CREATED, Json(created)))
}

fn refused(error: CreateAccessTokenError) -> ApiError {
    match error {
        CreateAccessTokenError::Invalid(errors) => field_issues(&errors, on_wire),
        CreateAccessTokenError::Forbidden(_) => ApiError::unauthorized(),
        error => ApiError::internal("an access token could not be made", &error),
    }
}
