//! Something harmless to tell an endpoint, so that its owner sees whether it arrives.

use domain::id::{OrganizationId, WebhookEndpointId, WebhookEventId};
use domain::webhook::WebhookEventType;
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event;

/// Why nothing is sent.
#[derive(Debug, Error)]
pub enum SendTestError {
    #[error("there is no such endpoint")]
    Unknown,
    #[error("only the organization itself tests its endpoints")]
    Forbidden(#[from] Forbidden),
    #[error("the test could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for SendTestError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Tells one endpoint the organization as it is, as `organization.updated`, whether or not it subscribes to that or is switched on:
/// the one object that is always there and that every client knows. Tried once.
pub async fn send_test(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    webhook_endpoint_id: WebhookEndpointId,
) -> Result<WebhookEventId, SendTestError> {
    cx.actor.staff(organization_id)?;
    let webhook_event_id: WebhookEventId = cx.new_id();
    let mut tx = db.begin().await?;
    let made = sqlx::query!(
        "with made as (
            insert into webhook_event (organization_id, webhook_event_id, type, subject_id, occurred_at, is_test, created_at)
            select organization_id, $3, $4, organization_id, $5, true, $5
            from webhook_endpoint
            where organization_id = $1 and webhook_endpoint_id = $2 and deleted_at is null
            returning organization_id, webhook_event_id)
         insert into webhook_delivery (organization_id, webhook_event_id, webhook_endpoint_id, subject_id, due_at, created_at)
         select organization_id, webhook_event_id, $2, webhook_event_id, $5, $5 from made",
        organization_id.as_uuid(),
        webhook_endpoint_id.as_uuid(),
        webhook_event_id.as_uuid(),
        WebhookEventType::OrganizationUpdated.as_str(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if made.rows_affected() == 0 {
        return Err(SendTestError::Unknown);
    }
    event::notify(&mut tx).await?;
    cx.commit(tx, &webhook_event_id).await?;
    Ok(webhook_event_id)
}
