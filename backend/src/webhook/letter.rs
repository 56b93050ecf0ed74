//! What a claimed delivery says, to whom, signed with what.

use domain::id::{OrganizationId, WebhookEventId};
use domain::webhook::WebhookEventType;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::claim::ClaimedDelivery;
use super::signature::secret_of;
use crate::error::{DatabaseError, InconsistencyError, QueryError};
use crate::secret::SecretKey;

/// All that is needed to try a delivery.
#[derive(Clone)]
pub struct Letter {
    pub url: String,
    /// The newest first; two while a changed secret overlaps.
    pub secrets: Vec<String>,
    pub is_standard_only: bool,
    pub event_type: WebhookEventType,
    /// The object it is about.
    pub subject_id: Uuid,
    pub occurred_at: OffsetDateTime,
    pub is_test: bool,
    /// As it was sent before; `None`: it is yet to be rendered, and kept by `keep_body`.
    pub body: Option<String>,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letter").field("event_type", &self.event_type).finish_non_exhaustive()
    }
}

/// Reads what a claimed delivery needs; `None` when its endpoint is not told anything any more.
pub async fn letter(
    db: &PgPool,
    key: &SecretKey,
    delivery: &ClaimedDelivery,
    now: OffsetDateTime,
) -> Result<Option<Letter>, QueryError> {
    let row = sqlx::query!(
        r#"select endpoint.url, endpoint.secret_id, endpoint.uses_standard_webhook_signature,
            case when endpoint.previous_secret_until > $4 then endpoint.previous_secret_id end as previous_secret_id,
            event.type as event_type, event.subject_id, event.occurred_at, event.is_test, event.body
         from webhook_endpoint endpoint
         join webhook_event event on event.organization_id = endpoint.organization_id and event.webhook_event_id = $3
         where endpoint.organization_id = $1 and endpoint.webhook_endpoint_id = $2 and endpoint.deleted_at is null
           and (endpoint.enabled or event.is_test)"#,
        delivery.organization_id.as_uuid(),
        delivery.webhook_endpoint_id.as_uuid(),
        delivery.webhook_event_id.as_uuid(),
        now,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let secret = |id| secret_of(key, delivery.organization_id, delivery.webhook_endpoint_id, id);
    let event_type = WebhookEventType::parse(&row.event_type).ok_or_else(|| {
        InconsistencyError::new("webhook_event", "type", delivery.webhook_event_id)
    })?;
    Ok(Some(Letter {
        url: row.url,
        secrets: std::iter::once(row.secret_id).chain(row.previous_secret_id).map(secret).collect(),
        is_standard_only: row.uses_standard_webhook_signature,
        event_type,
        subject_id: row.subject_id,
        occurred_at: row.occurred_at,
        is_test: row.is_test,
        body: row.body,
    }))
}

/// Keeps a rendered body for all deliveries of the event. Answers the one that is kept: another worker may have been first.
pub async fn keep_body(
    db: &PgPool,
    organization_id: OrganizationId,
    webhook_event_id: WebhookEventId,
    body: &str,
) -> Result<String, DatabaseError> {
    Ok(sqlx::query_scalar!(
        r#"update webhook_event set body = coalesce(body, $3)
         where organization_id = $1 and webhook_event_id = $2
         returning body as "body!""#,
        organization_id.as_uuid(),
        webhook_event_id.as_uuid(),
        body,
    )
    .fetch_one(db)
    .await?)
}
