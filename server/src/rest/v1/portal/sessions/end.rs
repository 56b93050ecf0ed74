//! `DELETE /v1/customer-portal/sessions/{id}`

use axum::{extract::State, http::StatusCode};
use backend::session::{self, EndSessionError};
use domain::id::SessionId;

use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::Id,
        schema::error::{ResourceNotFound, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// Sign the caller out in one browser. Foyer's own: Polar has no such operation.
#[utoipa::path(
    delete,
    path = "/v1/customer-portal/sessions/{id}",
    operation_id = "customer_portal:sessions:end",
    tag = "foyer",
    security(("customer_session" = []), ("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the session.")),
    responses(
        (status = 204, description = "It is ended."),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn end(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<SessionId>, ApiError>,
) -> Result<StatusCode, ApiError> {
    let actor = caller.portal()?.actor;
    let Id(id) = id?;
    let mut cx = context(&state, actor.into(), call);
    let db = &state.portal.db;
    match cx.once(async |cx| session::end(db, cx, id).await).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(EndSessionError::Unknown) => Err(ApiError::not_found()),
        Err(EndSessionError::Forbidden(_)) => Err(ApiError::unauthorized()),
        Err(error) => Err(ApiError::internal("a session could not be ended", &error)),
    }
}
