//! The two mails of a change.

use domain::id::{EmailUpdateId, OrganizationId};
use serde_json::{Value, json};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::EXPIRES_AFTER;
use crate::context::Context;

/// The mail that asks for the proof.
pub(crate) const VERIFICATION: &str = "email_update_verification";
/// A notice that could not be delivered for so long is dropped and counted.
const NOTICE_EXPIRES_AFTER: Duration = Duration::days(7);

/// The link, to the new address.
pub(super) async fn link(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    email_update_id: EmailUpdateId,
) -> Result<(), sqlx::Error> {
    let parameters = json!({ "minutes": EXPIRES_AFTER.whole_minutes() });
    let expires_at = cx.now + EXPIRES_AFTER;
    let of = (organization_id, email_update_id);
    insert(tx, cx, of, VERIFICATION, parameters, expires_at).await
}

/// That it was done, to the address before.
pub(super) async fn done(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    email_update_id: EmailUpdateId,
) -> Result<(), sqlx::Error> {
    let parameters = json!({ "changed_at_us": domain::micros::of(cx.now) });
    let expires_at = cx.now + NOTICE_EXPIRES_AFTER;
    let of = (organization_id, email_update_id);
    insert(tx, cx, of, "email_updated", parameters, expires_at).await
}

async fn insert(
    tx: &mut PgConnection,
    cx: &mut Context,
    (organization_id, email_update_id): (OrganizationId, EmailUpdateId),
    template: &str,
    parameters: Value,
    expires_at: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let mail_id: Uuid = cx.new_id();
    sqlx::query!(
        "insert into mail (organization_id, mail_id, template, parameters, email_update_id, created_at, expires_at, due_at)
         values ($1, $2, $3, $4, $5, $6, $7, $6)",
        organization_id.as_uuid(),
        mail_id,
        template,
        parameters,
        email_update_id.as_uuid(),
        cx.now,
        expires_at,
    )
    .execute(tx)
    .await?;
    Ok(())
}
