//! `POST /v1/customers/{id}/members` and `POST /v1/customers/external/{external_id}/members`

use axum::{Json, extract::State, http::StatusCode};
use backend::{
    context::Context,
    member::{self, AddMember, AddMemberError, MemberKey},
};
use domain::{
    email::EmailAddress,
    id::{CustomerId, OrganizationId},
    role::MemberRole,
    scope::Scope,
};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use super::{by_external_id, one};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::{Body, ExternalId, Id},
        schema::{
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
            member::Member,
        },
        v1::customers::issues,
    },
    state::AppState,
};

/// A person who shall act for a team.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerMemberCreate {
    #[schema(value_type = String, format = Email, example = "bob@example.com")]
    email: EmailAddress,
    #[schema(max_length = 256)]
    name: Option<String>,
    /// The id by which you know the person.
    external_id: Option<String>,
    /// `member` when absent.
    #[schema(value_type = Option<String>, example = "member")]
    role: Option<NewRole>,
}

/// A team has its owner already.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NewRole {
    BillingManager,
    Member,
}

/// Add a person to a team. Whoever is there already under the address is told as it is.
#[utoipa::path(
    post,
    path = "/v1/customers/{id}/members",
    operation_id = "customers:members:create",
    tag = "members",
    security(("access_token" = ["members:write"])),
    params(("id" = Uuid, Path, description = "Of the customer.")),
    request_body = CustomerMemberCreate,
    responses(
        (status = 201, body = Member),
        (status = 401, body = Unauthorized),
        (status = 403, description = "`NotPermitted`: the customer is one person.", body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<CustomerId>, ApiError>,
    body: Result<Body<CustomerMemberCreate>, ApiError>,
) -> Result<(StatusCode, Json<Member>), ApiError> {
    let (actor, organization_id) = caller.organization(Scope::MembersWrite)?;
    let Id(id) = id?;
    let Body(body) = body?;
    let mut cx = context(&state, actor, call);
    let member = add(&state.portal.db, &mut cx, organization_id, id, body).await?;
    Ok((StatusCode::CREATED, Json(member)))
}

/// Add a person to a team that is named by your own id of it.
#[utoipa::path(
    post,
    path = "/v1/customers/external/{external_id}/members",
    operation_id = "customers:members:create_external",
    tag = "members",
    security(("access_token" = ["members:write"])),
    params(("external_id" = String, Path, description = "Your own id of the customer.")),
    request_body = CustomerMemberCreate,
    responses(
        (status = 201, body = Member),
        (status = 401, body = Unauthorized),
        (status = 403, description = "`NotPermitted`: the customer is one person.", body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn create_external(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    external_id: Result<ExternalId, ApiError>,
    body: Result<Body<CustomerMemberCreate>, ApiError>,
) -> Result<(StatusCode, Json<Member>), ApiError> {
    let (actor, organization_id) = caller.organization(Scope::MembersWrite)?;
    let external_id = external_id?;
    let Body(body) = body?;
    let db = &state.portal.db;
    let id = by_external_id(db, &actor, organization_id, external_id).await?;
    let mut cx = context(&state, actor, call);
    Ok((StatusCode::CREATED, Json(add(db, &mut cx, organization_id, id, body).await?)))
}

async fn add(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    body: CustomerMemberCreate,
) -> Result<Member, ApiError> {
    let key = MemberKey::Email(body.email.clone());
    let input = AddMember {
        organization_id,
        customer_id,
        email: body.email,
        name: body.name,
        role: match body.role {
            Some(NewRole::BillingManager) => MemberRole::BillingManager,
            Some(NewRole::Member) | None => MemberRole::Member,
        },
        external_id: body.external_id,
    };
    let key = match cx.once(async |cx| member::add(db, cx, input).await).await {
        Ok(member_id) => MemberKey::Id(member_id),
        Err(AddMemberError::Invalid(errors)) if errors.first("email") == Some("email_taken") => key,
        Err(error) => return Err(refused(error)),
    };
    one(db, &cx.actor, organization_id, customer_id, &key).await
}

fn refused(error: AddMemberError) -> ApiError {
    match error {
        AddMemberError::Invalid(errors) => ApiError::Invalid(issues(&errors)),
        AddMemberError::UnknownCustomer => ApiError::not_found(),
        AddMemberError::NotATeam => {
            ApiError::not_permitted("One person acts for this customer. Make it a team first.")
        }
        AddMemberError::Forbidden(_) => ApiError::unauthorized(),
        error => ApiError::internal("a member could not be added", &error),
    }
}
