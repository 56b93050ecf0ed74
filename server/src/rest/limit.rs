//! How often each caller may call, over all processes.

use axum::{
    extract::{Request, State},
    http::Extensions,
    middleware::Next,
    response::{IntoResponse, Response},
};
use backend::rate_limit::{AllowanceKey, CheckError};
use uuid::Uuid;

use super::{caller::Caller, error::ApiError};
use crate::{middleware::client::Client, state::AppState};

/// Takes the request from its caller's minute, or refuses it.
pub async fn limit(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let taken = match request.extensions().get::<Caller>() {
        Some(Caller::Organization(token)) => {
            let organization_id = token.actor.organization_id().map(Into::into);
            let id = token.actor.id().unwrap_or_default();
            take(&state, (organization_id.unwrap_or(Uuid::nil()).into(), format!("token {id}")))
                .await
        }
        Some(Caller::Portal(session)) => {
            let member = format!("member {}", session.actor.member_id);
            take(&state, (session.actor.organization_id, member)).await
        }
        None | Some(Caller::Anonymous) => take_of_client(&state, request.extensions()).await,
    };
    match taken {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

/// Takes a request from the minute of the calling machine: of callers without a token, or with one that is nobody's.
///
/// # Errors
/// 429 when the minute is used up.
pub async fn take_of_client(state: &AppState, extensions: &Extensions) -> Result<(), ApiError> {
    let client = extensions.get::<Client>().map_or("", |client| client.key.as_str());
    take(state, (Uuid::nil().into(), format!("client {client}"))).await
}

async fn take(state: &AppState, caller: AllowanceKey) -> Result<(), ApiError> {
    let portal = &state.portal;
    let per_minute = state.api_requests_per_minute;
    match state.allowances.take(&portal.db, caller, portal.clock.now(), per_minute).await {
        Ok(()) => Ok(()),
        Err(CheckError::Limited(limited)) => Err(limited.into()),
        Err(CheckError::Database(error)) => {
            Err(ApiError::internal("a request could not be counted", &error))
        }
    }
}
