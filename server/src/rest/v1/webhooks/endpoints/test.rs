//! `POST /v1/webhooks/endpoints/{id}/test`

use axum::{Json, extract::State, http::StatusCode};
use backend::webhook::{self, SendTestError};
use domain::{
    id::{WebhookEndpointId, WebhookEventId},
    scope::Scope,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::Id,
        schema::error::{ResourceNotFound, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// A test on its way.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookTest {
    /// The `webhook-id` it is sent with, by which its delivery is found.
    #[schema(value_type = Uuid)]
    pub webhook_event_id: WebhookEventId,
}

/// Tell one endpoint your organization as it is, as `organization.updated` with the header `foyer-webhook-test: true`, whether or not
/// it is switched on. It is tried once. Foyer's own: Polar has no such operation.
#[utoipa::path(
    post,
    path = "/v1/webhooks/endpoints/{id}/test",
    operation_id = "webhooks:test_webhook_endpoint",
    tag = "webhooks",
    security(("access_token" = ["webhooks:write"])),
    params(("id" = Uuid, Path, description = "Of the endpoint.")),
    responses(
        (status = 202, body = WebhookTest),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn test(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<WebhookEndpointId>, ApiError>,
) -> Result<(StatusCode, Json<WebhookTest>), ApiError> {
    let (actor, organization_id) = caller.organization(Scope::WebhooksWrite)?;
    let Id(id) = id?;
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    let sent = cx.once(async |cx| webhook::send_test(db, cx, organization_id, id).await).await;
    let webhook_event_id = sent.map_err(|error| match error {
        SendTestError::Unknown => ApiError::not_found(),
        SendTestError::Forbidden(_) => ApiError::unauthorized(),
        error @ SendTestError::Database(_) => {
            ApiError::internal("an endpoint could not be tested", &error)
        }
    })?;
    Ok((StatusCode::ACCEPTED, Json(WebhookTest { webhook_event_id })))
}
