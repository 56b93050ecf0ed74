//! The mail about a webhook endpoint that was switched off, to its organization.

use domain::id::{EventId, OrganizationId, WebhookEndpointId};
use serde_json::json;
use sqlx::PgConnection;
use time::Duration;
use uuid::Uuid;

use crate::context::Context;

const EXPIRES_AFTER: Duration = Duration::days(7);

/// Inserts the mail. `reason` is `gone` or `failing`.
pub(crate) async fn of_endpoint(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    webhook_endpoint_id: WebhookEndpointId,
    event_id: EventId,
    url: &str,
    reason: &str,
) -> Result<(), sqlx::Error> {
    let mail_id: Uuid = cx.new_id();
    sqlx::query!(
        "insert into mail (organization_id, mail_id, template, parameters, webhook_endpoint_id, event_id, created_at, expires_at, due_at)
         values ($1, $2, 'webhook_endpoint_disabled', $3, $4, $5, $6, $7, $6)",
        organization_id.as_uuid(),
        mail_id,
        json!({ "url": url, "is_gone": reason == "gone", "disabled_at_us": domain::micros::of(cx.now) }),
        webhook_endpoint_id.as_uuid(),
        event_id.as_uuid(),
        cx.now,
        cx.now + EXPIRES_AFTER,
    )
    .execute(tx)
    .await?;
    Ok(())
}
