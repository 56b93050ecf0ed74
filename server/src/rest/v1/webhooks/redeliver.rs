//! `POST /v1/webhooks/events/{id}/redeliver`

use axum::{Json, extract::State, http::StatusCode};
use backend::webhook::{self, RedeliverError};
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
        extract::{Id, Query},
        schema::error::{ResourceNotFound, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// It is on its way again.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookRedelivery {
    #[schema(value_type = Uuid)]
    pub webhook_event_id: WebhookEventId,
}

/// Tell an event again, with the same id and body, to each enabled endpoint it was for.
#[utoipa::path(
    post,
    path = "/v1/webhooks/events/{id}/redeliver",
    operation_id = "webhooks:redeliver_webhook_event",
    tag = "webhooks",
    security(("access_token" = ["webhooks:write"])),
    params(
        ("id" = Uuid, Path, description = "Of the event."),
        ("endpoint_id" = Option<uuid::Uuid>, Query, description = "To this endpoint only. Beyond Polar's API."),
    ),
    responses(
        (status = 202, body = WebhookRedelivery),
        (status = 401, body = Unauthorized),
        (status = 404, description = "Also when no enabled endpoint is left that it was for.", body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn redeliver(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<WebhookEventId>, ApiError>,
    mut query: Query,
) -> Result<(StatusCode, Json<WebhookRedelivery>), ApiError> {
    let (actor, organization_id) = caller.organization(Scope::WebhooksWrite)?;
    let Id(id) = id?;
    let only: Option<WebhookEndpointId> = query.ids("endpoint_id").pop();
    query.done()?;
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    let again =
        cx.once(async |cx| webhook::redeliver(db, cx, organization_id, id, only).await).await;
    again.map_err(|error| match error {
        RedeliverError::Unknown => ApiError::not_found(),
        RedeliverError::Forbidden(_) => ApiError::unauthorized(),
        error @ RedeliverError::Database(_) => {
            ApiError::internal("an event could not be told again", &error)
        }
    })?;
    Ok((StatusCode::ACCEPTED, Json(WebhookRedelivery { webhook_event_id: id })))
}
