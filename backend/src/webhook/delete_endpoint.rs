//! Deleting an endpoint.

use domain::event_type::EventType;
use domain::id::{OrganizationId, WebhookEndpointId};
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use super::update_endpoint::{about, skip_pending};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event;

/// Why an endpoint stays.
#[derive(Debug, Error)]
pub enum DeleteEndpointError {
    #[error("there is no such endpoint")]
    Unknown,
    #[error("only the organization itself deletes its endpoints")]
    Forbidden(#[from] Forbidden),
    #[error("the endpoint could not be deleted")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for DeleteEndpointError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Deletes an endpoint; what waits for it is skipped.
pub async fn delete_endpoint(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    webhook_endpoint_id: WebhookEndpointId,
) -> Result<(), DeleteEndpointError> {
    cx.actor.staff(organization_id)?;
    let mut tx = db.begin().await?;
    let deleted = sqlx::query!(
        "update webhook_endpoint set enabled = false, disabled_reason = null, deleted_at = $3, modified_at = $3
         where organization_id = $1 and webhook_endpoint_id = $2 and deleted_at is null",
        organization_id.as_uuid(),
        webhook_endpoint_id.as_uuid(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if deleted.rows_affected() == 0 {
        return Err(DeleteEndpointError::Unknown);
    }
    skip_pending(&mut tx, cx, organization_id, webhook_endpoint_id).await?;
    let gone =
        about(organization_id, webhook_endpoint_id, EventType::WebhookEndpointDeleted, json!({}));
    event::record(&mut tx, cx, gone).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}
