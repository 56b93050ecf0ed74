//! `/v1/webhooks/endpoints`

pub(super) mod change_secret;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod get;
pub(super) mod list;
pub(super) mod test;
pub(super) mod update;

use backend::{
    actor::Actor,
    webhook::{self, ApiVersion, UrlRefusal},
};
use domain::id::{OrganizationId, WebhookEndpointId};
use serde_json::Value;

use crate::{
    rest::{
        error::{ApiError, Issue},
        schema::webhook::{WebhookApiVersion, WebhookEndpoint, WebhookFormat},
    },
    state::AppState,
};

/// An endpoint as it is now.
async fn whole(
    state: &AppState,
    actor: &Actor,
    organization_id: OrganizationId,
    id: WebhookEndpointId,
) -> Result<WebhookEndpoint, ApiError> {
    let portal = &state.portal;
    let found = webhook::endpoint(&portal.db, actor, organization_id, id).await?;
    let found = found.ok_or_else(ApiError::not_found)?;
    Ok(WebhookEndpoint::of(found, organization_id, &portal.secret))
}

/// Only the plain form is sent.
fn check_format(format: WebhookFormat) -> Result<(), ApiError> {
    if format == WebhookFormat::Raw {
        return Ok(());
    }
    let mut issue = Issue::body("value_error", "format", "Only raw is sent here.");
    issue.input = serde_json::to_value(format).unwrap_or(Value::Null);
    Err(ApiError::Invalid(vec![issue]))
}

fn url_issue(refusal: UrlRefusal, url: Option<&str>) -> ApiError {
    let mut issue = Issue::body("value_error", "url", refusal.to_string());
    issue.input = url.map_or(Value::Null, Into::into);
    ApiError::Invalid(vec![issue])
}

fn name_issue() -> ApiError {
    let msg = "A name has at most 128 characters.";
    ApiError::Invalid(vec![Issue::body("string_too_long", "name", msg)])
}

const fn version(version: WebhookApiVersion) -> ApiVersion {
    match version {
        WebhookApiVersion::V2026_04 => ApiVersion::V2026_04,
        WebhookApiVersion::V2026_10 => ApiVersion::V2026_10,
        WebhookApiVersion::V2027_01 => ApiVersion::V2027_01,
    }
}
