//! Signing in by a link, in any browser, once, by the button of its page.

use domain::id::OrganizationId;
use sqlx::PgPool;
use thiserror::Error;

use super::finish::{Proven, SignInOutcome, finish};
use super::open_link::{LinkError, open_link};
use super::secret::sign_in_of;
use crate::context::Context;
use crate::error::QueryError;
use crate::secret::SecretKey;

/// A link whose button was pressed.
#[derive(Debug, Clone)]
pub struct UseLink {
    pub organization_id: OrganizationId,
    pub link_token: String,
    pub user_agent: String,
}

/// Why nobody was signed in.
#[derive(Debug, Error)]
pub enum UseLinkError {
    #[error("the link leads nowhere")]
    Link(#[from] LinkError),
    #[error("could not use the link")]
    Database(#[from] sqlx::Error),
    #[error("could not sign in")]
    SignIn(#[from] QueryError),
}

/// Uses a link up and signs in.
pub async fn use_link(
    db: &PgPool,
    cx: &mut Context,
    secret: &SecretKey,
    input: UseLink,
) -> Result<SignInOutcome, UseLinkError> {
    let sign_in_id = sign_in_of(secret, &input.link_token).ok_or(LinkError::Invalid)?;
    let mut tx = db.begin().await?;
    let used = sqlx::query!(
        "update sign_in set link_used_at = $3
         where organization_id = $1 and sign_in_id = $2 and link_used_at is null and link_expires_at > $3
         returning email, return_to",
        input.organization_id.as_uuid(),
        sign_in_id.as_uuid(),
        cx.now,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(used) = used else {
        tx.rollback().await?;
        let why = open_link(db, secret, input.organization_id, &input.link_token, cx.now).await;
        return Err(why.err().unwrap_or(LinkError::Used).into());
    };
    let proven = Proven {
        organization_id: input.organization_id,
        sign_in_id,
        email: used.email,
        return_to: used.return_to,
        user_agent: input.user_agent,
    };
    let outcome = finish(&mut tx, cx, proven).await?.ok_or(LinkError::Invalid)?;
    tx.commit().await?;
    Ok(outcome)
}
