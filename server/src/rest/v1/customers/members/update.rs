//! `PATCH /v1/customers/{id}/members/{member_id}` and `PATCH /v1/customers/external/{external_id}/members/{member_external_id}`

use axum::{Json, extract::State};
use backend::{
    context::Context,
    member::{self, MemberKey, UpdateMember, UpdateMemberError},
};
use domain::{
    email::EmailAddress,
    id::{CustomerId, MemberId, OrganizationId},
    role::MemberRole,
    scope::Scope,
};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use super::{by_external_ids, one};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, Issue},
        extract::{Body, ExternalId, Id, MemberExternalId, MemberIdOf},
        schema::{
            error::{ResourceNotFound, Unauthorized, ValidationError},
            member::Member,
        },
        v1::customers::issues,
    },
    state::AppState,
};

/// What changes; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct MemberUpdate {
    /// Empty: as it was.
    #[schema(max_length = 256)]
    name: Option<String>,
    #[schema(value_type = Option<String>, format = Email, example = "bob@example.com")]
    email: Option<EmailAddress>,
    /// A new `owner` makes the former one a `billing_manager`.
    #[schema(value_type = Option<String>, example = "billing_manager")]
    role: Option<MemberRole>,
}

/// Change a person who acts for a customer.
#[utoipa::path(
    patch,
    path = "/v1/customers/{id}/members/{member_id}",
    operation_id = "customers:members:update",
    tag = "members",
    security(("access_token" = ["members:write"])),
    params(
        ("id" = Uuid, Path, description = "Of the customer."),
        ("member_id" = Uuid, Path, description = "Of the member."),
    ),
    request_body = MemberUpdate,
    responses(
        (status = 200, body = Member),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<CustomerId>, ApiError>,
    member_id: Result<MemberIdOf, ApiError>,
    body: Result<Body<MemberUpdate>, ApiError>,
) -> Result<Json<Member>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::MembersWrite)?;
    let (Id(id), MemberIdOf(member_id)) = (id?, member_id?);
    let Body(body) = body?;
    let mut cx = context(&state, actor, call);
    change(&state.portal.db, &mut cx, organization_id, (id, member_id), body).await.map(Json)
}

/// Change a person who acts for a customer, both named by your own ids.
#[utoipa::path(
    patch,
    path = "/v1/customers/external/{external_id}/members/{member_external_id}",
    operation_id = "customers:members:update_external",
    tag = "members",
    security(("access_token" = ["members:write"])),
    params(
        ("external_id" = String, Path, description = "Your own id of the customer."),
        ("member_external_id" = String, Path, description = "Your own id of the member."),
    ),
    request_body = MemberUpdate,
    responses(
        (status = 200, body = Member),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn update_external(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    external_id: Result<ExternalId, ApiError>,
    member: Result<MemberExternalId, ApiError>,
    body: Result<Body<MemberUpdate>, ApiError>,
) -> Result<Json<Member>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::MembersWrite)?;
    let (external_id, member) = (external_id?, member?);
    let Body(body) = body?;
    let db = &state.portal.db;
    let ids = by_external_ids(db, &actor, organization_id, external_id, member).await?;
    let mut cx = context(&state, actor, call);
    change(db, &mut cx, organization_id, ids, body).await.map(Json)
}

async fn change(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    (customer_id, member_id): (CustomerId, MemberId),
    body: MemberUpdate,
) -> Result<Member, ApiError> {
    let input = UpdateMember {
        organization_id,
        customer_id,
        member_id,
        name: body.name,
        email: body.email,
        role: body.role,
    };
    cx.once(async |cx| member::update(db, cx, input).await).await.map_err(refused)?;
    one(db, &cx.actor, organization_id, customer_id, &MemberKey::Id(member_id)).await
}

fn refused(error: UpdateMemberError) -> ApiError {
    match error {
        UpdateMemberError::Invalid(errors) => ApiError::Invalid(issues(&errors)),
        UpdateMemberError::Unknown => ApiError::not_found(),
        UpdateMemberError::LastOwner => {
            let msg = "A customer has an owner: make another member the owner instead.";
            ApiError::Invalid(vec![Issue::body("value_error", "role", msg)])
        }
        UpdateMemberError::Forbidden(_) => ApiError::unauthorized(),
        error => ApiError::internal("a member could not be changed", &error),
    }
}
