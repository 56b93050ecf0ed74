//! From a bearer token to the customer or member who calls.

use domain::role::MemberRole;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::{ApiSession, ApiSessionKind};
use crate::actor::MemberActor;
use crate::error::{InconsistencyError, QueryError};
use crate::token::{TOKEN_LENGTH_MAX, hash};

/// The live session of this token; any text may be asked for. The role is the member's of today.
pub async fn authenticate(
    db: &PgPool,
    token: &str,
    now: OffsetDateTime,
) -> Result<Option<ApiSession>, QueryError> {
    if token.len() > TOKEN_LENGTH_MAX {
        return Ok(None);
    }
    let row = sqlx::query!(
        "select s.organization_id, s.api_session_id, s.kind, s.customer_id, s.member_id, s.return_url, s.expires_at, m.role
         from token t
         join api_session s on s.organization_id = t.organization_id and s.api_session_id = t.subject_id
         join member m on m.organization_id = s.organization_id and m.member_id = s.member_id and m.deleted_at is null
         join customer c on c.organization_id = s.organization_id and c.customer_id = s.customer_id and c.deleted_at is null
         join organization o on o.organization_id = s.organization_id and o.deleted_at is null
         where t.token_hash = $1 and t.kind = 'api_session' and s.expires_at > $2",
        &hash(token),
        now,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let kind = match row.kind.as_str() {
        "customer" => ApiSessionKind::Customer,
        "member" => ApiSessionKind::Member,
        _ => return Err(InconsistencyError::new("api_session", "kind", row.api_session_id).into()),
    };
    let role = MemberRole::parse(&row.role)
        .ok_or_else(|| InconsistencyError::new("member", "role", row.member_id))?;
    Ok(Some(ApiSession {
        kind,
        actor: MemberActor {
            organization_id: row.organization_id.into(),
            customer_id: row.customer_id.into(),
            member_id: row.member_id.into(),
            role,
            session_id: row.api_session_id.into(),
        },
        return_url: row.return_url,
        expires_at: row.expires_at,
    }))
}
