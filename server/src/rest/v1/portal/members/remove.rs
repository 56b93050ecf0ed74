//! `DELETE /v1/customer-portal/members/{id}`

use axum::{extract::State, http::StatusCode};
use backend::member::{self, RemoveMemberError};
use domain::id::MemberId;

use super::{at_path, caretaker, only_teams};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, BILLING_ONLY},
        extract::Id,
        schema::error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// Remove a colleague from the team: signed out everywhere, and seats free. Nobody removes themselves or the owner.
#[utoipa::path(
    delete,
    path = "/v1/customer-portal/members/{id}",
    operation_id = "customer_portal:members:remove_member",
    tag = "customer_portal",
    security(("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the member.")),
    responses(
        (status = 204, description = "It is removed."),
        (status = 401, body = Unauthorized),
        (status = 403, description = "`NotPermitted`: only owners and billing managers of teams.", body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn remove(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<MemberId>, ApiError>,
) -> Result<StatusCode, ApiError> {
    let actor = caretaker(caller)?;
    let Id(member_id) = id?;
    let db = &state.portal.db;
    only_teams(db, &actor).await?;
    let (organization_id, customer_id) = (actor.organization_id, actor.customer_id);
    context(&state, actor.into(), call)
        .once(async |cx| member::remove(db, cx, organization_id, customer_id, member_id).await)
        .await
        .map_err(|error| refused(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

fn refused(error: &RemoveMemberError) -> ApiError {
    match error {
        RemoveMemberError::Unknown => ApiError::not_found(),
        RemoveMemberError::Oneself => at_path("You cannot remove yourself."),
        RemoveMemberError::LastOwner => at_path("A team has an owner: name another one first."),
        RemoveMemberError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        error => ApiError::internal("a member could not be removed", error),
    }
}
