//! Taking mails to send, so that no other worker takes the same ones.

use domain::id::{EmailUpdateId, MailId, MemberId, OrganizationId, SignInId, WebhookEndpointId};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use crate::error::DatabaseError;

/// A claim that is neither sent nor failed by then comes due again: its worker has died.
pub const CLAIM_LASTS: Duration = Duration::minutes(2);

/// A mail that this worker is to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMail {
    pub organization_id: OrganizationId,
    pub mail_id: MailId,
    pub template: String,
    pub parameters: serde_json::Value,
    pub sign_in_id: Option<SignInId>,
    pub member_id: Option<MemberId>,
    /// It goes to the organization itself.
    pub webhook_endpoint_id: Option<WebhookEndpointId>,
    /// It goes to the address of this change.
    pub email_update_id: Option<EmailUpdateId>,
    pub expires_at: OffsetDateTime,
    /// Tries, this one included.
    pub attempts: i32,
}

/// Claims up to `limit` mails that are due, the longest waiting first. The claim commits at once: no transaction is open
/// while a mail travels.
pub async fn claim(
    db: &PgPool,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<ClaimedMail>, DatabaseError> {
    let rows = sqlx::query!(
        "with due as (
            select organization_id, mail_id from mail
            where due_at <= $1
            order by due_at
            limit $2
            for update skip locked)
         update mail set due_at = $3, attempts = attempts + 1
         from due
         where mail.organization_id = due.organization_id and mail.mail_id = due.mail_id
         returning mail.organization_id, mail.mail_id, mail.template, mail.parameters, mail.sign_in_id, mail.member_id,
            mail.webhook_endpoint_id, mail.email_update_id, mail.expires_at, mail.attempts",
        now,
        limit,
        now + CLAIM_LASTS,
    )
    .fetch_all(db)
    .await?;
    let claimed = rows.into_iter().map(|row| ClaimedMail {
        organization_id: row.organization_id.into(),
        mail_id: row.mail_id.into(),
        template: row.template,
        parameters: row.parameters,
        sign_in_id: row.sign_in_id.map(Into::into),
        member_id: row.member_id.map(Into::into),
        webhook_endpoint_id: row.webhook_endpoint_id.map(Into::into),
        email_update_id: row.email_update_id.map(Into::into),
        expires_at: row.expires_at,
        attempts: row.attempts,
    });
    Ok(claimed.collect())
}
