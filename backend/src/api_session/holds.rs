//! Whether a session of the API still holds.

use sqlx::PgPool;
use time::OffsetDateTime;

use crate::actor::MemberActor;
use crate::error::QueryError;

/// Whether the session with which this member called has neither ended nor lost its member or customer.
///
/// # Errors
/// [`QueryError::Database`].
pub async fn holds(
    db: &PgPool,
    actor: &MemberActor,
    now: OffsetDateTime,
) -> Result<bool, QueryError> {
    let holds = sqlx::query_scalar!(
        r#"select exists (
            select from api_session s
            join member m on m.organization_id = s.organization_id and m.member_id = s.member_id and m.deleted_at is null
            join customer c on c.organization_id = s.organization_id and c.customer_id = s.customer_id and c.deleted_at is null
            where s.organization_id = $1 and s.api_session_id = $2 and s.expires_at > $3) as "exists!""#,
        actor.organization_id.as_uuid(),
        actor.session_id.as_uuid(),
        now,
    )
    .fetch_one(db)
    .await?;
    Ok(holds)
}
