//! Looking at a change that waits for its link to be used.

use domain::id::{EmailUpdateId, OrganizationId};
use sqlx::PgPool;
use time::OffsetDateTime;

use super::{PURPOSE, count};
use crate::actor::MemberActor;
use crate::error::DatabaseError;
use crate::rate_limit::CheckError;
use crate::secret::SecretKey;

/// A change that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailUpdate {
    pub organization_id: OrganizationId,
    /// The address that is wanted.
    pub email: String,
}

/// The change that a link's token opens, as long as it can be carried out. Uses nothing up.
pub async fn find(
    db: &PgPool,
    secret: &SecretKey,
    token: &str,
    now: OffsetDateTime,
) -> Result<Option<EmailUpdate>, DatabaseError> {
    let Some(id) = secret.id_of_token(PURPOSE, &[], token) else { return Ok(None) };
    let email_update_id: EmailUpdateId = id.into();
    let row = sqlx::query!(
        "select u.organization_id, u.email
         from email_update u
         join customer c on c.organization_id = u.organization_id and c.customer_id = u.customer_id and c.deleted_at is null
            and c.type = 'individual'
         join organization o on o.organization_id = u.organization_id and o.deleted_at is null
         join portal_setting s on s.organization_id = u.organization_id and s.allow_email_change
         where u.email_update_id = $1 and u.verified_at is null and u.expires_at > $2",
        email_update_id.as_uuid(),
        now,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| EmailUpdate { organization_id: row.organization_id.into(), email: row.email }))
}

/// Whether a link's token still works. Counts as a try of `client`.
///
/// # Errors
/// `Limited` for a client that asked too often.
pub async fn check(
    db: &PgPool,
    secret: &SecretKey,
    token: &str,
    client: &str,
    now: OffsetDateTime,
) -> Result<bool, CheckError> {
    count(db, client, now).await?;
    Ok(find(db, secret, token, now).await?.is_some())
}

/// The address that waits to be proved, and until when; for the customer's own page.
pub async fn waiting(
    db: &PgPool,
    actor: &MemberActor,
    now: OffsetDateTime,
) -> Result<Option<(String, OffsetDateTime)>, DatabaseError> {
    let row = sqlx::query!(
        "select email, expires_at from email_update
         where organization_id = $1 and customer_id = $2 and verified_at is null and expires_at > $3",
        actor.organization_id.as_uuid(),
        actor.customer_id.as_uuid(),
        now,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.email, row.expires_at)))
}
