//! `GET /v1/webhooks/endpoints/{id}`

use axum::{Json, extract::State};
use domain::{id::WebhookEndpointId, scope::Scope};

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Id,
        schema::{
            error::{ResourceNotFound, Unauthorized, ValidationError},
            webhook::WebhookEndpoint,
        },
    },
    state::AppState,
};

/// Get an endpoint with its secret.
#[utoipa::path(
    get,
    path = "/v1/webhooks/endpoints/{id}",
    operation_id = "webhooks:get_webhook_endpoint",
    tag = "webhooks",
    security(("access_token" = ["webhooks:read"])),
    params(("id" = Uuid, Path, description = "Of the endpoint.")),
    responses(
        (status = 200, body = WebhookEndpoint),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<WebhookEndpointId>, ApiError>,
) -> Result<Json<WebhookEndpoint>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::WebhooksRead)?;
    let Id(id) = id?;
    Ok(Json(whole(&state, &actor, organization_id, id).await?))
}
