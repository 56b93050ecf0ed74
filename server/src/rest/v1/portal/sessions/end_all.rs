//! `DELETE /v1/customer-portal/sessions`

use axum::{Json, extract::State};
use backend::session::{self, EndSessionError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        schema::error::{Unauthorized, ValidationError},
    },
    state::AppState,
};

/// How many browsers were signed out.
#[derive(Debug, Serialize, ToSchema)]
pub struct EndedSessions {
    pub ended_count: usize,
}

/// Sign the caller out in every browser. Foyer's own: Polar has no such operation.
#[utoipa::path(
    delete,
    path = "/v1/customer-portal/sessions",
    operation_id = "customer_portal:sessions:end_all",
    tag = "foyer",
    security(("customer_session" = []), ("member_session" = [])),
    responses(
        (status = 200, body = EndedSessions),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn end_all(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
) -> Result<Json<EndedSessions>, ApiError> {
    let actor = caller.portal()?.actor;
    let mut cx = context(&state, actor.into(), call);
    let db = &state.portal.db;
    match cx.once(async |cx| session::end_others(db, cx).await).await {
        Ok(ended_count) => Ok(Json(EndedSessions { ended_count })),
        Err(EndSessionError::Forbidden(_)) => Err(ApiError::unauthorized()),
        Err(error) => Err(ApiError::internal("sessions could not be ended", &error)),
    }
}
