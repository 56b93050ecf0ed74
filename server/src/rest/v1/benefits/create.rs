//! `POST /v1/benefits/`

use axum::{Json, extract::State, http::StatusCode};
use backend::benefit::{self, CreateBenefit, CreateBenefitError};
use domain::{benefit::BenefitVisibility, id::OrganizationId, metadata::Metadata, scope::Scope};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{BenefitPropertiesInput, check_kind, on_wire, whole};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        checks::{field_issues, own_organization},
        error::ApiError,
        extract::Body,
        schema::{
            benefit::Benefit,
            error::{Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

/// What comes with products that name it.
#[derive(Debug, Deserialize, ToSchema)]
pub struct BenefitCreate {
    #[serde(default)]
    #[schema(value_type = Option<Object>, nullable = false)]
    metadata: Metadata,
    /// `custom`: a sentence for the customer. Others are not there yet.
    #[serde(rename = "type")]
    #[schema(example = "custom")]
    kind: String,
    #[schema(min_length = 3, max_length = 42, example = "Support by phone")]
    description: String,
    /// Your own, if any.
    #[schema(value_type = Option<Uuid>)]
    organization_id: Option<OrganizationId>,
    /// `draft`, `private` or `public`; only public ones are shown to customers. `public` when missing.
    #[schema(value_type = Option<String>, example = "public")]
    visibility: Option<BenefitVisibility>,
    #[serde(default)]
    properties: BenefitPropertiesInput,
}

/// Create a benefit.
#[utoipa::path(
    post,
    path = "/v1/benefits",
    operation_id = "benefits:create",
    tag = "benefits",
    security(("access_token" = ["benefits:write"])),
    request_body = BenefitCreate,
    responses(
        (status = 201, body = Benefit),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    body: Result<Body<BenefitCreate>, ApiError>,
) -> Result<(StatusCode, Json<Benefit>), ApiError> {
    let (actor, organization_id) = caller.organization(Scope::BenefitsWrite)?;
    let Body(body) = body?;
    own_organization(body.organization_id, organization_id)?;
    check_kind(&body.kind)?;
    let input = CreateBenefit {
        note: body.properties.note,
        visibility: body.visibility.unwrap_or(BenefitVisibility::Public),
        metadata: body.metadata,
        ..CreateBenefit::of(organization_id, body.description)
    };
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    let benefit_id =
        cx.once(async |cx| benefit::create(db, cx, input).await).await.map_err(refused)?;
    let created = whole(db, organization_id, &[benefit_id]).await?.pop();
    Ok((StatusCode::CREATED, Json(created.ok_or_else(ApiError::not_found)?)))
}

fn refused(error: CreateBenefitError) -> ApiError {
    match error {
        CreateBenefitError::Invalid(errors) => field_issues(&errors, on_wire),
        CreateBenefitError::Forbidden(_) => ApiError::unauthorized(),
        error => ApiError::internal("a benefit could not be created", &error),
    }
}
