//! Opening a sign-in link: a look that changes nothing, because mail scanners open links too.

use domain::id::OrganizationId;
use sqlx::PgPool;
use thiserror::Error;
use time::OffsetDateTime;

use super::secret::sign_in_of;
use crate::secret::SecretKey;

/// A link that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedLink {
    /// The address that signs in by it.
    pub email: String,
    pub expires_at: OffsetDateTime,
}

/// Why a link leads nowhere.
#[derive(Debug, Error)]
pub enum LinkError {
    #[error("the link is not one of ours")]
    Invalid,
    #[error("the link no longer holds")]
    Expired,
    #[error("the link has been used")]
    Used,
    #[error("could not look the link up")]
    Database(#[from] sqlx::Error),
}

/// Says whether a link holds, without using it.
pub async fn open_link(
    db: &PgPool,
    secret: &SecretKey,
    organization_id: OrganizationId,
    link_token: &str,
    now: OffsetDateTime,
) -> Result<OpenedLink, LinkError> {
    let sign_in_id = sign_in_of(secret, link_token).ok_or(LinkError::Invalid)?;
    let row = sqlx::query!(
        "select email, link_expires_at, link_used_at is not null as \"is_used!\" from sign_in
         where organization_id = $1 and sign_in_id = $2",
        organization_id.as_uuid(),
        sign_in_id.as_uuid(),
    )
    .fetch_optional(db)
    .await?
    .ok_or(LinkError::Invalid)?;
    if row.is_used {
        return Err(LinkError::Used);
    }
    if row.link_expires_at <= now {
        return Err(LinkError::Expired);
    }
    Ok(OpenedLink { email: row.email, expires_at: row.link_expires_at })
}
