//! `PATCH /v1/benefits/{id}`

use axum::{Json, extract::State};
use backend::{
    benefit::{self, UpdateBenefit, UpdateBenefitError},
    edit::Edit,
};
use domain::{benefit::BenefitVisibility, id::BenefitId, metadata::Metadata, scope::Scope};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{BenefitPropertiesInput, check_kind, on_wire, whole};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        checks::field_issues,
        error::ApiError,
        extract::{Body, Id},
        schema::{
            benefit::Benefit,
            error::{ResourceNotFound, Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

/// What changes; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct BenefitUpdate {
    /// All of it.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
    #[schema(min_length = 3, max_length = 42)]
    description: Option<String>,
    #[schema(value_type = Option<String>)]
    visibility: Option<BenefitVisibility>,
    /// It cannot change.
    #[serde(rename = "type")]
    #[schema(example = "custom")]
    kind: Option<String>,
    /// All of them.
    properties: Option<BenefitPropertiesInput>,
}

/// Change what a benefit says.
#[utoipa::path(
    patch,
    path = "/v1/benefits/{id}",
    operation_id = "benefits:update",
    tag = "benefits",
    security(("access_token" = ["benefits:write"])),
    params(("id" = Uuid, Path, description = "Of the benefit.")),
    request_body = BenefitUpdate,
    responses(
        (status = 200, body = Benefit),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<BenefitId>, ApiError>,
    body: Result<Body<BenefitUpdate>, ApiError>,
) -> Result<Json<Benefit>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::BenefitsWrite)?;
    let Id(id) = id?;
    let Body(body) = body?;
    let db = &state.portal.db;
    if let Some(kind) = &body.kind {
        check_kind(kind)?;
    }
    let note = match body.properties {
        None => Edit::Keep,
        Some(properties) => properties.note.map_or(Edit::Clear, Edit::Set),
    };
    let input = UpdateBenefit {
        description: body.description,
        note,
        visibility: body.visibility,
        metadata: body.metadata,
        ..UpdateBenefit::of(organization_id, id)
    };
    let mut cx = context(&state, actor, call);
    cx.once(async |cx| benefit::update(db, cx, input).await).await.map_err(refused)?;
    let updated = whole(db, organization_id, &[id]).await?.pop();
    Ok(Json(updated.ok_or_else(ApiError::not_found)?))
}

fn refused(error: UpdateBenefitError) -> ApiError {
    match error {
        UpdateBenefitError::Invalid(errors) => field_issues(&errors, on_wire),
        UpdateBenefitError::Unknown => ApiError::not_found(),
        UpdateBenefitError::Forbidden(_) => ApiError::unauthorized(),
        error @ UpdateBenefitError::Database(_) => {
            ApiError::internal("a benefit could not be changed", &error)
        }
    }
}
