//! `POST /v1/webhooks/endpoints`

use axum::{Json, extract::State, http::StatusCode};
use backend::webhook::{self, CreateEndpoint, CreateEndpointError};
use domain::{id::OrganizationId, scope::Scope};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{check_format, name_issue, url_issue, version, whole};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, Issue},
        extract::Body,
        schema::{
            error::{Unauthorized, ValidationError},
            webhook::{WebhookApiVersion, WebhookEndpoint, WebhookFormat},
            webhook_event_name::WebhookEventName,
        },
    },
    state::AppState,
};

/// Who is to be told what.
#[derive(Debug, Deserialize, ToSchema)]
pub struct WebhookEndpointCreate {
    /// https, at a public address; at most 2,083 characters.
    #[schema(min_length = 1, max_length = 2083, example = "https://hooks.example.com/billing")]
    pub url: String,
    #[schema(max_length = 128)]
    pub name: Option<String>,
    /// `raw`; the others are refused.
    pub format: WebhookFormat,
    pub events: Vec<WebhookEventName>,
    /// Your own, or left out: the token says it.
    #[schema(value_type = Option<Uuid>)]
    pub organization_id: Option<OrganizationId>,
    /// `2026-04` when absent.
    pub api_version: Option<WebhookApiVersion>,
    /// Sign with the decoded secret only, as Standard Webhooks has it; false when absent.
    pub uses_standard_webhook_signature: Option<bool>,
}

/// Add an endpoint; it is told what happens from now on.
#[utoipa::path(
    post,
    path = "/v1/webhooks/endpoints",
    operation_id = "webhooks:create_webhook_endpoint",
    tag = "webhooks",
    security(("access_token" = ["webhooks:write"])),
    request_body = WebhookEndpointCreate,
    responses(
        (status = 201, body = WebhookEndpoint),
        (status = 401, body = Unauthorized),
        (status = 422, description = "Also when there are 50 endpoints.", body = ValidationError),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    body: Result<Body<WebhookEndpointCreate>, ApiError>,
) -> Result<(StatusCode, Json<WebhookEndpoint>), ApiError> {
    let (actor, organization_id) = caller.organization(Scope::WebhooksWrite)?;
    let Body(body) = body?;
    check_format(body.format)?;
    if body.organization_id.is_some_and(|other| other != organization_id) {
        let issue = Issue::body("value_error", "organization_id", "Organization not found.");
        return Err(ApiError::Invalid(vec![issue]));
    }
    let input = CreateEndpoint {
        organization_id,
        url: body.url.clone(),
        name: body.name,
        events: body.events.into_iter().map(|event| event.0).collect(),
        api_version: version(body.api_version.unwrap_or(WebhookApiVersion::V2026_04)),
        uses_standard_webhook_signature: body.uses_standard_webhook_signature.unwrap_or(false),
        reach: state.webhook_reach,
    };
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    let id = cx.once(async |cx| webhook::create_endpoint(db, cx, input).await).await;
    let id = id.map_err(|error| refused(error, &body.url))?;
    Ok((StatusCode::CREATED, Json(whole(&state, &cx.actor, organization_id, id).await?)))
}

fn refused(error: CreateEndpointError, url: &str) -> ApiError {
    match error {
        CreateEndpointError::Invalid(_) => name_issue(),
        CreateEndpointError::Url(refusal) => url_issue(refusal, Some(url)),
        CreateEndpointError::TooMany => {
            let msg = "There are 50 endpoints already. Delete one first.";
            ApiError::Invalid(vec![Issue::body("too_many", "url", msg)])
        }
        CreateEndpointError::Forbidden(_) => ApiError::unauthorized(),
        error @ CreateEndpointError::Database(_) => {
            ApiError::internal("an endpoint could not be made", &error)
        }
    }
}
