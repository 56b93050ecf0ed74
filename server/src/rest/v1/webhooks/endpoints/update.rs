//! `PATCH /v1/webhooks/endpoints/{id}`

use axum::{Json, extract::State};
use backend::webhook::{self, UpdateEndpoint, UpdateEndpointError};
use domain::{id::WebhookEndpointId, scope::Scope};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{check_format, name_issue, url_issue, version, whole};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::{Body, Given, Id},
        schema::{
            error::{ResourceNotFound, Unauthorized, ValidationError},
            webhook::{WebhookApiVersion, WebhookEndpoint, WebhookFormat},
            webhook_event_name::WebhookEventName,
        },
    },
    state::AppState,
};

/// What changes; what is missing or null stays, but a null `name` takes the name away.
#[derive(Debug, Deserialize, ToSchema)]
pub struct WebhookEndpointUpdate {
    #[schema(min_length = 1, max_length = 2083, example = "https://hooks.example.com/billing")]
    pub url: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub name: Given<String>,
    pub format: Option<WebhookFormat>,
    pub events: Option<Vec<WebhookEventName>>,
    /// Switched off, what waits for it is skipped.
    pub enabled: Option<bool>,
    pub api_version: Option<WebhookApiVersion>,
    pub uses_standard_webhook_signature: Option<bool>,
}

/// Change an endpoint, or switch it on or off.
#[utoipa::path(
    patch,
    path = "/v1/webhooks/endpoints/{id}",
    operation_id = "webhooks:update_webhook_endpoint",
    tag = "webhooks",
    security(("access_token" = ["webhooks:write"])),
    params(("id" = Uuid, Path, description = "Of the endpoint.")),
    request_body = WebhookEndpointUpdate,
    responses(
        (status = 200, body = WebhookEndpoint),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<WebhookEndpointId>, ApiError>,
    body: Result<Body<WebhookEndpointUpdate>, ApiError>,
) -> Result<Json<WebhookEndpoint>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::WebhooksWrite)?;
    let Id(id) = id?;
    let Body(body) = body?;
    if let Some(format) = body.format {
        check_format(format)?;
    }
    let events = body.events.map(|events| events.into_iter().map(|event| event.0).collect());
    let input = UpdateEndpoint {
        url: body.url.clone(),
        name: match body.name {
            Given::Missing => None,
            Given::Null => Some(None),
            Given::Value(name) => Some(Some(name)),
        },
        events,
        enabled: body.enabled,
        api_version: body.api_version.map(version),
        uses_standard_webhook_signature: body.uses_standard_webhook_signature,
        ..UpdateEndpoint::of(organization_id, id, state.webhook_reach)
    };
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    let done = cx.once(async |cx| webhook::update_endpoint(db, cx, input).await).await;
    done.map_err(|error| refused(error, body.url.as_deref()))?;
    Ok(Json(whole(&state, &cx.actor, organization_id, id).await?))
}

pub(super) fn refused(error: UpdateEndpointError, url: Option<&str>) -> ApiError {
    match error {
        UpdateEndpointError::Unknown => ApiError::not_found(),
        UpdateEndpointError::Invalid(_) => name_issue(),
        UpdateEndpointError::Url(refusal) => url_issue(refusal, url),
        UpdateEndpointError::Forbidden(_) => ApiError::unauthorized(),
        error @ UpdateEndpointError::Database(_) => {
            ApiError::internal("an endpoint could not be changed", &error)
        }
    }
}
