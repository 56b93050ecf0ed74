//! Exchanging a hand-over's code for a session.

use domain::id::OrganizationId;
use domain::role::MemberRole;
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, InconsistencyError};
use crate::session::{self, NewSession, StartSession};
use crate::token::hash;

/// Longer texts are no codes of ours.
const CODE_LENGTH_MAX: usize = 128;

#[derive(Debug, Error)]
pub enum RedeemError {
    #[error("the hand-over could not be redeemed")]
    Database(#[from] DatabaseError),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
}

impl From<sqlx::Error> for RedeemError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Signs the member in, once. `None` for a code that is used, expired, of another organization, or invented.
pub async fn redeem(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    code: &str,
    user_agent: &str,
) -> Result<Option<NewSession>, RedeemError> {
    if code.is_empty() || code.len() > CODE_LENGTH_MAX {
        return Ok(None);
    }
    let mut tx = db.begin().await?;
    let row = sqlx::query!(
        "update hand_over h set used_at = $3
         from member m
         join customer c on c.organization_id = m.organization_id and c.customer_id = m.customer_id and c.deleted_at is null
         where h.organization_id = $1 and h.code_hash = $2 and h.used_at is null and h.expires_at > $3
           and m.organization_id = h.organization_id and m.member_id = h.member_id and m.deleted_at is null
         returning m.customer_id, m.member_id, m.role, h.return_to, h.return_url",
        organization_id.as_uuid(),
        &hash(code),
        cx.now,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let role = MemberRole::parse(&row.role)
        .ok_or_else(|| InconsistencyError::new("member", "role", row.member_id))?;
    let input = StartSession {
        organization_id,
        customer_id: row.customer_id.into(),
        member_id: row.member_id.into(),
        role,
        user_agent: user_agent.to_owned(),
        return_to: row.return_to,
        return_url: row.return_url,
    };
    let session = session::start(&mut tx, cx, input).await?;
    tx.commit().await?;
    Ok(Some(session))
}
