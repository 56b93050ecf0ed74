//! From a bearer token to the actor it stands for.

use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use domain::scope::Scope;

use crate::actor::Actor;
use crate::error::QueryError;
use crate::token::{TOKEN_LENGTH_MAX, hash};

/// The last use is written at most so often.
const LAST_USED_EVERY: Duration = Duration::minutes(5);

/// A live access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveAccessToken {
    pub actor: Actor,
    pub scopes: Vec<Scope>,
}

/// The live access token of this text; any text may be asked for. Scopes that this version does not know give nothing.
pub async fn authenticate(
    db: &PgPool,
    token: &str,
    now: OffsetDateTime,
) -> Result<Option<LiveAccessToken>, QueryError> {
    if token.len() > TOKEN_LENGTH_MAX {
        return Ok(None);
    }
    let row = sqlx::query!(
        "with found as (
            select a.organization_id, a.access_token_id, a.last_used_at, a.scopes
            from token t
            join access_token a on a.organization_id = t.organization_id and a.access_token_id = t.subject_id
            join organization o on o.organization_id = t.organization_id and o.deleted_at is null
            where t.token_hash = $1 and t.kind = 'access_token'
              and a.revoked_at is null and (a.expires_at is null or a.expires_at > $2)),
         used as (
            update access_token a set last_used_at = $2
            from found
            where a.organization_id = found.organization_id and a.access_token_id = found.access_token_id
              and (found.last_used_at is null or found.last_used_at < $3))
         select organization_id, access_token_id, scopes from found",
        &hash(token),
        now,
        now - LAST_USED_EVERY,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| LiveAccessToken {
        actor: Actor::AccessToken {
            organization_id: row.organization_id.into(),
            access_token_id: row.access_token_id.into(),
        },
        scopes: row.scopes.iter().filter_map(|scope| Scope::parse(scope)).collect(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_token::{CreateAccessToken, create};
    use crate::test_support::{TestDb, fixtures};

    #[tokio::test]
    async fn unknown_revoked_and_oversized_tokens_are_nobody() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let input = CreateAccessToken {
            organization_id,
            name: "backend".into(),
            scopes: vec![Scope::OrdersRead],
            expires_at: None,
        };
        let (_, token) = create(&db.pool, &mut db.cx(), input).await.unwrap();
        for garbage in ["", "foyer_oat_", "\0", &"x".repeat(100_000)] {
            assert_eq!(authenticate(&db.pool, garbage, db.now()).await.unwrap(), None);
        }
        assert!(authenticate(&db.pool, token.expose(), db.now()).await.unwrap().is_some());
        sqlx::query("update access_token set revoked_at = $1")
            .bind(db.now())
            .execute(&db.pool)
            .await
            .unwrap();
        assert_eq!(authenticate(&db.pool, token.expose(), db.now()).await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_last_use_is_written_every_five_minutes() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let input = CreateAccessToken {
            organization_id,
            name: "backend".into(),
            scopes: vec![Scope::OrdersRead],
            expires_at: None,
        };
        let (_, token) = create(&db.pool, &mut db.cx(), input).await.unwrap();
        let start = db.now();
        let mut written = Vec::new();
        for minute in [0, 4, 6] {
            authenticate(&db.pool, token.expose(), start + Duration::minutes(minute))
                .await
                .unwrap();
            let at: OffsetDateTime = sqlx::query_scalar("select last_used_at from access_token")
                .fetch_one(&db.pool)
                .await
                .unwrap();
            written.push((at - start).whole_minutes());
        }
        assert_eq!(written, [0, 0, 6]);
    }
}
