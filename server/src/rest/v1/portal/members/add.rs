//! `POST /v1/customer-portal/members`

use axum::{Json, extract::State, http::StatusCode};
use backend::member::{self, AddMember, AddMemberError, MemberKey};
use domain::{email::EmailAddress, role::MemberRole};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{caretaker, only_teams, whole};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, BILLING_ONLY, Issue},
        extract::Body,
        schema::{
            error::{NotPermitted, Unauthorized, ValidationError},
            member::CustomerPortalMember,
        },
        v1::customers::issues,
    },
    state::AppState,
};

/// A person who shall act for the team.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerPortalMemberCreate {
    #[schema(value_type = String, format = Email, example = "bob@example.com")]
    email: EmailAddress,
    #[schema(max_length = 256)]
    name: Option<String>,
    /// `billing_manager`, or `member` when absent.
    #[schema(value_type = Option<String>, example = "member")]
    role: Option<MemberRole>,
}

/// Add a person to the team. Whoever is there already under the address is told as it is.
#[utoipa::path(
    post,
    path = "/v1/customer-portal/members",
    operation_id = "customer_portal:members:add_member",
    tag = "customer_portal",
    security(("member_session" = [])),
    request_body = CustomerPortalMemberCreate,
    responses(
        (status = 201, body = CustomerPortalMember),
        (status = 401, body = Unauthorized),
        (status = 403, description = "`NotPermitted`: only owners and billing managers of teams.", body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn add(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    body: Result<Body<CustomerPortalMemberCreate>, ApiError>,
) -> Result<(StatusCode, Json<CustomerPortalMember>), ApiError> {
    let actor = caretaker(caller)?;
    let Body(body) = body?;
    let role = body.role.unwrap_or(MemberRole::Member);
    if role == MemberRole::Owner {
        let msg = "A team has its owner: add a member, and make it the owner then.";
        return Err(ApiError::Invalid(vec![Issue::body("value_error", "role", msg)]));
    }
    let db = &state.portal.db;
    only_teams(db, &actor).await?;
    let (organization_id, customer_id) = (actor.organization_id, actor.customer_id);
    let key = MemberKey::Email(body.email.clone());
    let input = AddMember {
        organization_id,
        customer_id,
        email: body.email,
        name: body.name,
        role,
        external_id: None,
    };
    let mut cx = context(&state, actor.into(), call);
    let member_id = match cx.once(async |cx| member::add(db, cx, input).await).await {
        Ok(member_id) => Some(member_id),
        Err(AddMemberError::Invalid(errors)) if errors.first("email") == Some("email_taken") => {
            member::find(db, &cx.actor, organization_id, customer_id, &key).await?
        }
        Err(error) => return Err(refused(error)),
    };
    let member_id = member_id.ok_or_else(ApiError::unauthorized)?;
    let found = whole(db, organization_id, &[member_id]).await?.pop();
    Ok((StatusCode::CREATED, Json(found.ok_or_else(ApiError::unauthorized)?)))
}

fn refused(error: AddMemberError) -> ApiError {
    match error {
        AddMemberError::Invalid(errors) => ApiError::Invalid(issues(&errors)),
        AddMemberError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        error => ApiError::internal("a member could not be added", &error),
    }
}
