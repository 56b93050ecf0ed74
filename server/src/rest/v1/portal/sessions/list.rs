//! `GET /v1/customer-portal/sessions`

use axum::{Json, extract::State};
use backend::session::{self, SessionView};
use domain::id::SessionId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        schema::error::{Unauthorized, ValidationError},
        timestamp::Timestamp,
    },
    state::AppState,
};

/// A browser in which the caller is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct PortalSession {
    #[schema(value_type = Uuid)]
    pub id: SessionId,
    pub created_at: Timestamp,
    /// To about five minutes.
    pub last_used_at: Timestamp,
    /// As the browser names itself.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0")]
    pub user_agent: String,
}

impl From<SessionView> for PortalSession {
    fn from(session: SessionView) -> Self {
        Self {
            id: session.id,
            created_at: session.created_at.into(),
            last_used_at: session.last_used_at.into(),
            user_agent: session.user_agent,
        }
    }
}

/// List the browsers in which the caller is signed in, the last used first; at most 100. Foyer's own: Polar has no such operation.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/sessions",
    operation_id = "customer_portal:sessions:list",
    tag = "foyer",
    security(("customer_session" = []), ("member_session" = [])),
    responses(
        (status = 200, body = Vec<PortalSession>),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<Vec<PortalSession>>, ApiError> {
    let actor = caller.portal()?.actor;
    let portal = &state.portal;
    let found = session::list(&portal.db, &actor, portal.clock.now()).await?;
    Ok(Json(found.into_iter().map(Into::into).collect()))
}
