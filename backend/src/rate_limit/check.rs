//! Counting a try against a client's limits.

use domain::id::OrganizationId;
use sqlx::PgPool;
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::guard;
use crate::error::DatabaseError;

/// How many tries a client has, and how long it waits after one too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub per_minute: i32,
    pub per_hour: i32,
    pub wait: Duration,
}

/// The client has tried too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("too many tries; the next is possible in {retry_after_s} s")]
pub struct Limited {
    /// Whole seconds until the next try, at least 1.
    pub retry_after_s: u32,
}

/// Why a try may not go on.
#[derive(Debug, Error)]
pub enum CheckError {
    #[error("the client has tried too often")]
    Limited(#[from] Limited),
    #[error("the try could not be counted")]
    Database(#[from] DatabaseError),
}

/// Longer names of clients are cut; an address is far shorter.
const CLIENT_CHARS_MAX: usize = 320;

/// Counts one try of `client` for `purpose` and says whether it is one too many.
///
/// The count commits at once, on a connection of its own: a refusal of the command cannot undo it. While a client
/// waits its tries are not counted; after the wait it starts afresh.
pub async fn check(
    db: &PgPool,
    organization_id: OrganizationId,
    purpose: &'static str,
    client: &str,
    now: OffsetDateTime,
    limits: Limits,
) -> Result<(), CheckError> {
    let client: String = client.chars().filter(|c| *c != '\0').take(CLIENT_CHARS_MAX).collect();
    let key = (organization_id, purpose, client);
    if let Some(until) = guard::blocked_until(&key, now) {
        return Err(limited(until, now).into());
    }
    let blocked_until = count(db, &key, now, limits).await?;
    match blocked_until.filter(|until| *until > now) {
        Some(until) => {
            guard::block(key, until, now);
            Err(limited(until, now).into())
        }
        None => Ok(()),
    }
}

async fn count(
    db: &PgPool,
    (organization_id, purpose, client): &guard::Key,
    now: OffsetDateTime,
    limits: Limits,
) -> Result<Option<OffsetDateTime>, DatabaseError> {
    let blocked_until = sqlx::query_scalar!(
        "insert into rate_limit as old
            (organization_id, purpose, client, minute_at, minute_count, hour_at, hour_count)
         values ($1, $2, $3, $4, 1, $4, 1)
         on conflict on constraint rate_limit_pkey do update set
            minute_at = case when old.blocked_until > $4 or (old.blocked_until is null and old.minute_at > $5) then old.minute_at else $4 end,
            minute_count = case
                when old.blocked_until > $4 then old.minute_count
                when old.blocked_until is null and old.minute_at > $5 then old.minute_count + 1
                else 1 end,
            hour_at = case when old.blocked_until > $4 or (old.blocked_until is null and old.hour_at > $6) then old.hour_at else $4 end,
            hour_count = case
                when old.blocked_until > $4 then old.hour_count
                when old.blocked_until is null and old.hour_at > $6 then old.hour_count + 1
                else 1 end,
            blocked_until = case
                when old.blocked_until > $4 then old.blocked_until
                when old.blocked_until is null
                    and ((old.minute_at > $5 and old.minute_count >= $7) or (old.hour_at > $6 and old.hour_count >= $8)) then $9
                else null end
         returning blocked_until",
        organization_id.as_uuid(),
        purpose,
        client,
        now,
        now - Duration::minutes(1),
        now - Duration::hours(1),
        limits.per_minute,
        limits.per_hour,
        now + limits.wait,
    )
    .fetch_one(db)
    .await?;
    Ok(blocked_until)
}

pub(super) fn limited(until: OffsetDateTime, now: OffsetDateTime) -> Limited {
    let left = (until - now).as_seconds_f64().ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the type's range"
    )]
    let retry_after_s = left.clamp(1.0, f64::from(u32::MAX)) as u32;
    Limited { retry_after_s }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{TestDb, fixtures};

    const LIMITS: Limits = Limits { per_minute: 3, per_hour: 5, wait: Duration::minutes(15) };

    async fn try_at(
        db: &TestDb,
        organization_id: OrganizationId,
        at: OffsetDateTime,
    ) -> Option<u32> {
        match check(&db.pool, organization_id, "test", "192.0.2.1", at, LIMITS).await {
            Ok(()) => None,
            Err(CheckError::Limited(limited)) => Some(limited.retry_after_s),
            Err(error) => panic!("{error}"),
        }
    }

    #[tokio::test]
    async fn one_too_many_in_a_minute_waits_to_the_microsecond_and_starts_afresh() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let start = db.now();
        for _ in 0..3 {
            assert_eq!(try_at(&db, organization_id, start).await, None);
        }
        assert_eq!(try_at(&db, organization_id, start).await, Some(900));
        let end = start + Duration::minutes(15);
        assert_eq!(try_at(&db, organization_id, end - Duration::microseconds(1)).await, Some(1));
        for _ in 0..3 {
            assert_eq!(try_at(&db, organization_id, end).await, None);
        }
        assert_eq!(try_at(&db, organization_id, end).await, Some(900));
    }

    #[tokio::test]
    async fn the_hour_counts_too() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        for minute in 0..5 {
            assert_eq!(
                try_at(&db, organization_id, db.now() + Duration::minutes(2 * minute)).await,
                None
            );
        }
        assert!(try_at(&db, organization_id, db.now() + Duration::minutes(20)).await.is_some());
        assert_eq!(try_at(&db, organization_id, db.now() + Duration::minutes(61)).await, None);
    }

    #[tokio::test]
    async fn tries_at_once_are_all_counted_and_clients_are_kept_apart() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let mut tries = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (pool, now) = (db.pool.clone(), db.now());
            tries.spawn(async move {
                check(&pool, organization_id, "test", "192.0.2.1", now, LIMITS).await.is_ok()
            });
        }
        let passed = tries.join_all().await.into_iter().filter(|passed| *passed).count();
        assert_eq!(passed, 3);
        assert!(
            check(&db.pool, organization_id, "test", "192.0.2.2", db.now(), LIMITS).await.is_ok()
        );
        assert!(
            check(&db.pool, organization_id, "other", "192.0.2.1", db.now(), LIMITS).await.is_ok()
        );
    }

    #[tokio::test]
    async fn another_process_sees_the_wait_in_the_database() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        for _ in 0..4 {
            try_at(&db, organization_id, db.now()).await;
        }
        guard::forget(&(organization_id, "test", "192.0.2.1".to_owned()));
        assert_eq!(try_at(&db, organization_id, db.now()).await, Some(900));
    }
}
