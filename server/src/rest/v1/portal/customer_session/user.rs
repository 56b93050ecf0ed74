//! `GET /v1/customer-portal/customer-session/user`

use axum::{Json, extract::State};
use backend::{
    api_session::ApiSessionKind,
    customer::{self, PortalCustomer},
};
use domain::{
    id::{CustomerId, MemberId},
    role::MemberRole,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        schema::error::{Unauthorized, ValidationError},
    },
    state::AppState,
};

/// Who calls.
#[derive(Debug, Serialize, ToSchema)]
pub struct PortalAuthenticatedUser {
    /// `customer` or `member`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub name: Option<String>,
    pub email: String,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// Null for a customer's session.
    #[schema(value_type = Option<Uuid>)]
    pub member_id: Option<MemberId>,
    /// Null for a customer's session.
    #[schema(value_type = Option<String>)]
    pub role: Option<MemberRole>,
}

/// Tell who is signed in.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/customer-session/user",
    operation_id = "customer_portal:customer_session:get_authenticated_user",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    responses(
        (status = 200, body = PortalAuthenticatedUser),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn user(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<PortalAuthenticatedUser>, ApiError> {
    let session = caller.portal()?;
    let found = customer::portal_customer(&state.portal.db, &session.actor).await?;
    let PortalCustomer { member_email, member_name, email, name, .. } =
        found.ok_or_else(ApiError::unauthorized)?;
    let customer_id = session.actor.customer_id;
    Ok(Json(match session.kind {
        ApiSessionKind::Customer => PortalAuthenticatedUser {
            kind: "customer",
            name,
            email,
            customer_id,
            member_id: None,
            role: None,
        },
        ApiSessionKind::Member => PortalAuthenticatedUser {
            kind: "member",
            name: member_name,
            email: member_email,
            customer_id,
            member_id: Some(session.actor.member_id),
            role: Some(session.actor.role),
        },
    }))
}
