//! `DELETE /v1/webhooks/endpoints/{id}`

use axum::{extract::State, http::StatusCode};
use backend::webhook::{self, DeleteEndpointError};
use domain::{id::WebhookEndpointId, scope::Scope};

use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::Id,
        schema::error::{ResourceNotFound, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// Delete an endpoint; what waits for it is skipped.
#[utoipa::path(
    delete,
    path = "/v1/webhooks/endpoints/{id}",
    operation_id = "webhooks:delete_webhook_endpoint",
    tag = "webhooks",
    security(("access_token" = ["webhooks:write"])),
    params(("id" = Uuid, Path, description = "Of the endpoint.")),
    responses(
        (status = 204, description = "It is deleted."),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<WebhookEndpointId>, ApiError>,
) -> Result<StatusCode, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::WebhooksWrite)?;
    let Id(id) = id?;
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    let done =
        cx.once(async |cx| webhook::delete_endpoint(db, cx, organization_id, id).await).await;
    done.map_err(|error| match error {
        DeleteEndpointError::Unknown => ApiError::not_found(),
        DeleteEndpointError::Forbidden(_) => ApiError::unauthorized(),
        error @ DeleteEndpointError::Database(_) => {
            ApiError::internal("an endpoint could not be deleted", &error)
        }
    })?;
    Ok(StatusCode::NO_CONTENT)
}
