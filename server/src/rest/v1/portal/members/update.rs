//! `PATCH /v1/customer-portal/members/{id}`

use axum::{Json, extract::State};
use backend::member::{self, UpdateMember, UpdateMemberError};
use domain::{id::MemberId, role::MemberRole};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{at_path, caretaker, only_teams, whole};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, BILLING_ONLY, Issue},
        extract::{Body, Id},
        schema::{
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
            member::CustomerPortalMember,
        },
        v1::customers::issues,
    },
    state::AppState,
};

/// What changes; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerPortalMemberUpdate {
    /// Empty: as it was.
    #[schema(max_length = 256)]
    name: Option<String>,
    /// A new `owner`, named by the owner, makes the former one a `billing_manager`.
    #[schema(value_type = Option<String>, example = "billing_manager")]
    role: Option<MemberRole>,
}

/// Change a colleague's name or role. Nobody changes an own role.
#[utoipa::path(
    patch,
    path = "/v1/customer-portal/members/{id}",
    operation_id = "customer_portal:members:update_member",
    tag = "customer_portal",
    security(("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the member.")),
    request_body = CustomerPortalMemberUpdate,
    responses(
        (status = 200, body = CustomerPortalMember),
        (status = 401, body = Unauthorized),
        (status = 403, description = "`NotPermitted`: only owners and billing managers of teams.", body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<MemberId>, ApiError>,
    body: Result<Body<CustomerPortalMemberUpdate>, ApiError>,
) -> Result<Json<CustomerPortalMember>, ApiError> {
    let actor = caretaker(caller)?;
    let Id(member_id) = id?;
    let Body(body) = body?;
    let db = &state.portal.db;
    only_teams(db, &actor).await?;
    let (organization_id, customer_id) = (actor.organization_id, actor.customer_id);
    let input = UpdateMember {
        organization_id,
        customer_id,
        member_id,
        name: body.name,
        email: None,
        role: body.role,
    };
    let mut cx = context(&state, actor.into(), call);
    cx.once(async |cx| member::update(db, cx, input).await).await.map_err(refused)?;
    let found = whole(db, organization_id, &[member_id]).await?.pop();
    Ok(Json(found.ok_or_else(ApiError::not_found)?))
}

fn refused(error: UpdateMemberError) -> ApiError {
    let at_role = |msg: &str| ApiError::Invalid(vec![Issue::body("value_error", "role", msg)]);
    match error {
        UpdateMemberError::Invalid(errors) => ApiError::Invalid(issues(&errors)),
        UpdateMemberError::Unknown => ApiError::not_found(),
        UpdateMemberError::OwnRole => at_path("You cannot change your own role."),
        UpdateMemberError::OnlyOwner => at_role("Only the owner makes somebody else the owner."),
        UpdateMemberError::LastOwner => at_role("A team has an owner."),
        UpdateMemberError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        error => ApiError::internal("a member could not be changed", &error),
    }
}
