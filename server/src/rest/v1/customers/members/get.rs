//! `GET /v1/customers/{id}/members/{member_id}` and `GET /v1/customers/external/{external_id}/members/{member_external_id}`

use axum::{Json, extract::State};
use backend::member::MemberKey;
use domain::{id::CustomerId, scope::Scope};

use super::{by_external_ids, one};
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::{ExternalId, Id, MemberExternalId, MemberIdOf},
        schema::{
            error::{ResourceNotFound, Unauthorized, ValidationError},
            member::Member,
        },
    },
    state::AppState,
};

/// Get a person who acts for a customer.
#[utoipa::path(
    get,
    path = "/v1/customers/{id}/members/{member_id}",
    operation_id = "customers:members:get",
    tag = "members",
    security(("access_token" = ["members:read"])),
    params(
        ("id" = Uuid, Path, description = "Of the customer."),
        ("member_id" = Uuid, Path, description = "Of the member."),
    ),
    responses(
        (status = 200, body = Member),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<CustomerId>, ApiError>,
    member_id: Result<MemberIdOf, ApiError>,
) -> Result<Json<Member>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::MembersRead)?;
    let (Id(id), MemberIdOf(member_id)) = (id?, member_id?);
    let key = MemberKey::Id(member_id);
    one(&state.portal.db, &actor, organization_id, id, &key).await.map(Json)
}

/// Get a person who acts for a customer, both named by your own ids.
#[utoipa::path(
    get,
    path = "/v1/customers/external/{external_id}/members/{member_external_id}",
    operation_id = "customers:members:get_external",
    tag = "members",
    security(("access_token" = ["members:read"])),
    params(
        ("external_id" = String, Path, description = "Your own id of the customer."),
        ("member_external_id" = String, Path, description = "Your own id of the member."),
    ),
    responses(
        (status = 200, body = Member),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get_external(
    State(state): State<AppState>,
    caller: Caller,
    external_id: Result<ExternalId, ApiError>,
    member: Result<MemberExternalId, ApiError>,
) -> Result<Json<Member>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::MembersRead)?;
    let db = &state.portal.db;
    let (id, member_id) =
        by_external_ids(db, &actor, organization_id, external_id?, member?).await?;
    one(db, &actor, organization_id, id, &MemberKey::Id(member_id)).await.map(Json)
}
