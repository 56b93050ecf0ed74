//! `DELETE /v1/customers/{id}/members/{member_id}` and `DELETE /v1/customers/external/{external_id}/members/{member_external_id}`

use axum::{extract::State, http::StatusCode};
use backend::{
    customer::{self, CustomerKey},
    member::{self, MemberKey, RemoveMemberError},
};
use domain::{id::CustomerId, scope::Scope};

use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, Issue},
        extract::{ExternalId, Id, MemberExternalId, MemberIdOf},
        schema::error::{ResourceNotFound, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// Remove a person who acts for a customer: signed out everywhere, its seats are free. The owner stays.
#[utoipa::path(
    delete,
    path = "/v1/customers/{id}/members/{member_id}",
    operation_id = "customers:members:delete",
    tag = "members",
    security(("access_token" = ["members:write"])),
    params(
        ("id" = Uuid, Path, description = "Of the customer."),
        ("member_id" = Uuid, Path, description = "Of the member."),
    ),
    responses(
        (status = 204, description = "It is removed."),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<CustomerId>, ApiError>,
    member_id: Result<MemberIdOf, ApiError>,
) -> Result<StatusCode, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::MembersWrite)?;
    let (Id(id), MemberIdOf(member_id)) = (id?, member_id?);
    let db = &state.portal.db;
    context(&state, actor, call)
        .once(async |cx| member::remove(db, cx, organization_id, id, member_id).await)
        .await
        .map_err(|error| refused(&error, "member_id"))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a person who acts for a customer, both named by your own ids.
#[utoipa::path(
    delete,
    path = "/v1/customers/external/{external_id}/members/{member_external_id}",
    operation_id = "customers:members:delete_external",
    tag = "members",
    security(("access_token" = ["members:write"])),
    params(
        ("external_id" = String, Path, description = "Your own id of the customer."),
        ("member_external_id" = String, Path, description = "Your own id of the member."),
    ),
    responses(
        (status = 204, description = "It is removed."),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn delete_external(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    external_id: Result<ExternalId, ApiError>,
    member: Result<MemberExternalId, ApiError>,
) -> Result<StatusCode, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::MembersWrite)?;
    let (ExternalId(external_id), MemberExternalId(member)) = (external_id?, member?);
    let (customer_key, member_key) =
        (CustomerKey::ExternalId(external_id), MemberKey::ExternalId(member));
    let db = &state.portal.db;
    // Looked up within: the same request once more finds nobody, and is answered all the same.
    context(&state, actor, call)
        .once(async |cx| {
            let found = customer::find(db, &cx.actor, organization_id, &customer_key).await?;
            let id = found.ok_or(RemoveMemberError::Unknown)?.id;
            let found = member::find(db, &cx.actor, organization_id, id, &member_key).await?;
            let member_id = found.ok_or(RemoveMemberError::Unknown)?;
            member::remove(db, cx, organization_id, id, member_id).await
        })
        .await
        .map_err(|error| refused(&error, "member_external_id"))?;
    Ok(StatusCode::NO_CONTENT)
}

fn refused(error: &RemoveMemberError, parameter: &str) -> ApiError {
    match error {
        RemoveMemberError::Unknown => ApiError::not_found(),
        RemoveMemberError::LastOwner => ApiError::Invalid(vec![Issue {
            kind: "value_error",
            loc: vec!["path".into(), parameter.into()],
            msg: "A customer has an owner: make another member the owner first.".into(),
            input: serde_json::Value::Null,
        }]),
        RemoveMemberError::Forbidden(_) => ApiError::unauthorized(),
        error => ApiError::internal("a member could not be removed", error),
    }
}
