//! A member's own sessions.

use domain::id::SessionId;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::actor::MemberActor;
use crate::error::QueryError;

const SESSIONS_MAX: i64 = 100;

/// A browser in which the member is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    pub id: SessionId,
    /// As the browser names itself.
    pub user_agent: String,
    pub created_at: OffsetDateTime,
    /// To about five minutes.
    pub last_used_at: OffsetDateTime,
    /// Is it the one that asks?
    pub is_current: bool,
}

/// The member's live sessions, the last used first; at most 100.
pub async fn list(
    db: &PgPool,
    actor: &MemberActor,
    now: OffsetDateTime,
) -> Result<Vec<SessionView>, QueryError> {
    let rows = sqlx::query!(
        "select session_id, user_agent, created_at, last_used_at from session
         where organization_id = $1 and member_id = $2 and ended_at is null and idle_expires_at > $3 and expires_at > $3
         order by last_used_at desc, session_id desc
         limit $4",
        actor.organization_id.as_uuid(),
        actor.member_id.as_uuid(),
        now,
        SESSIONS_MAX,
    )
    .fetch_all(db)
    .await?;
    let views = rows.into_iter().map(|row| SessionView {
        id: row.session_id.into(),
        user_agent: row.user_agent,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        is_current: actor.session_id.as_uuid() == row.session_id,
    });
    Ok(views.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{IDLE, end};
    use crate::test_support::{TestDb, fixtures};
    use time::Duration;

    #[tokio::test]
    async fn shows_the_members_own_live_sessions() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let bob = fixtures::member(&db, organization_id, "bob@example.com").await;
        let old = fixtures::session(&db, &ada).await;
        fixtures::session(&db, &bob).await;
        db.clock.advance(Duration::days(1));
        let (new, ended) = (fixtures::session(&db, &ada).await, fixtures::session(&db, &ada).await);
        end(&db.pool, &mut db.cx_of(new.actor.clone()), ended.session_id).await.unwrap();
        let listed = list(&db.pool, &new.actor, db.now()).await.unwrap();
        let shown: Vec<_> = listed.iter().map(|session| (session.id, session.is_current)).collect();
        assert_eq!(shown, [(new.session_id, true), (old.session_id, false)]);
        let later = old.expires_at - crate::session::ABSOLUTE + IDLE;
        assert_eq!(list(&db.pool, &new.actor, later).await.unwrap().len(), 1);
    }
}
