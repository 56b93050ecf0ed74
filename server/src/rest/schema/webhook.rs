//! Webhook endpoints and deliveries on the wire.

use backend::{
    secret::SecretKey,
    webhook::{ApiVersion, Attempt, Endpoint, secret_of},
};
use domain::id::{OrganizationId, WebhookAttemptId, WebhookEndpointId, WebhookEventId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::webhook_event_name::WebhookEventName;
use crate::rest::timestamp::Timestamp;

/// How a message looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WebhookFormat {
    /// JSON as it is documented. The only one that is sent here.
    Raw,
    Discord,
    Slack,
}

/// A version of the API. All have the same form of messages so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum WebhookApiVersion {
    #[serde(rename = "2026-04")]
    V2026_04,
    #[serde(rename = "2026-10")]
    V2026_10,
    #[serde(rename = "2027-01")]
    V2027_01,
}

impl From<ApiVersion> for WebhookApiVersion {
    fn from(version: ApiVersion) -> Self {
        match version {
            ApiVersion::V2026_04 => Self::V2026_04,
            ApiVersion::V2026_10 => Self::V2026_10,
            ApiVersion::V2027_01 => Self::V2027_01,
        }
    }
}

/// An address of yours that is told what happens.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookEndpoint {
    #[schema(value_type = Uuid)]
    pub id: WebhookEndpointId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    #[schema(example = "https://hooks.example.com/billing")]
    pub url: String,
    pub name: Option<String>,
    pub format: WebhookFormat,
    /// With which messages are signed.
    #[schema(example = "whsec_…")]
    pub secret: String,
    #[schema(value_type = Uuid)]
    pub organization_id: OrganizationId,
    pub events: Vec<WebhookEventName>,
    /// False also when Foyer switched it off: it answered 410, or nothing could be delivered for five days.
    pub enabled: bool,
    pub api_version: WebhookApiVersion,
    /// Messages are signed with the decoded secret, as Standard Webhooks has it; unless this is true also with its text, which the
    /// older clients check.
    pub uses_standard_webhook_signature: bool,
}

impl WebhookEndpoint {
    /// The endpoint with its secret, which is derived here.
    pub fn of(endpoint: Endpoint, organization_id: OrganizationId, key: &SecretKey) -> Self {
        let id = endpoint.webhook_endpoint_id;
        Self {
            id,
            created_at: endpoint.created_at.into(),
            modified_at: endpoint.modified_at.map(Into::into),
            url: endpoint.url,
            name: endpoint.name,
            format: WebhookFormat::Raw,
            secret: secret_of(key, organization_id, id, endpoint.secret_id),
            organization_id,
            events: endpoint.events.into_iter().map(WebhookEventName).collect(),
            enabled: endpoint.enabled,
            api_version: endpoint.api_version.into(),
            uses_standard_webhook_signature: endpoint.uses_standard_webhook_signature,
        }
    }
}

/// One try to tell an endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookDelivery {
    #[schema(value_type = Uuid)]
    pub id: WebhookAttemptId,
    /// When the try began.
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    pub succeeded: bool,
    /// Null when nothing came back.
    #[schema(example = 204)]
    pub http_code: Option<i32>,
    /// The first 2,048 characters of the answer, or why nothing came back.
    pub response: Option<String>,
    #[schema(value_type = Uuid)]
    pub webhook_endpoint_id: WebhookEndpointId,
    pub duration_ms: i32,
    pub webhook_event: WebhookEvent,
}

/// What an endpoint is told, with how far that has come.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookEvent {
    /// The `webhook-id` of every try.
    #[schema(value_type = Uuid)]
    pub id: WebhookEventId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    /// The endpoint's last answer.
    pub last_http_code: Option<i32>,
    /// Whether it arrived at the endpoint.
    pub succeeded: Option<bool>,
    /// Whether it was given up because the endpoint was switched off.
    pub skipped: bool,
    /// Of the payload's form, which all versions share so far: the oldest.
    pub api_version: WebhookApiVersion,
    /// The body, the same at every try.
    pub payload: Option<String>,
    #[serde(rename = "type")]
    pub event_type: WebhookEventName,
    /// Always false: what is older than 90 days is gone.
    pub is_archived: bool,
    /// It was sent by a test of the endpoint.
    pub is_test: bool,
}

impl From<Attempt> for WebhookDelivery {
    fn from(attempt: Attempt) -> Self {
        Self {
            id: attempt.webhook_attempt_id,
            created_at: attempt.started_at.into(),
            modified_at: None,
            succeeded: attempt.succeeded,
            http_code: attempt.http_code,
            response: attempt.response,
            webhook_endpoint_id: attempt.webhook_endpoint_id,
            duration_ms: attempt.duration_ms,
            webhook_event: WebhookEvent {
                id: attempt.webhook_event_id,
                created_at: attempt.event_created_at.into(),
                modified_at: None,
                last_http_code: attempt.last_http_code,
                succeeded: Some(attempt.is_delivered),
                skipped: attempt.is_skipped,
                api_version: WebhookApiVersion::V2026_04,
                payload: attempt.body,
                event_type: WebhookEventName(attempt.event_type),
                is_archived: false,
                is_test: attempt.is_test,
            },
        }
    }
}
