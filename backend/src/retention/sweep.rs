//! Deleting what was kept long enough.

use sqlx::PgPool;
use time::OffsetDateTime;

use crate::error::DatabaseError;

/// Rows deleted by one statement at most, so that none holds its locks for long.
const BATCH: i64 = 5_000;
/// Batches per table and sweep; what is left goes with the next one.
const BATCHES_MAX: usize = 20;

/// How many rows went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    pub rows: u64,
}

/// Deletes what is past its time; each table's comment says how long that is.
pub async fn sweep(db: &PgPool, now: OffsetDateTime) -> Result<Swept, DatabaseError> {
    let mut swept = Swept::default();
    for table in Table::ALL {
        for _ in 0..BATCHES_MAX {
            let rows = table.delete(db, now).await?;
            swept.rows += rows;
            if rows < BATCH.unsigned_abs() {
                break;
            }
        }
    }
    Ok(swept)
}

#[derive(Clone, Copy)]
enum Table {
    SignIn,
    HandOver,
    RateLimit,
    Session,
    Mail,
}

impl Table {
    const ALL: [Self; 5] = [Self::SignIn, Self::HandOver, Self::RateLimit, Self::Session, Self::Mail];

    async fn delete(self, db: &PgPool, now: OffsetDateTime) -> Result<u64, sqlx::Error> {
        let days = |days: i64| now - time::Duration::days(days);
        let done = match self {
            Self::SignIn => sqlx::query!(
                "delete from sign_in where ctid in (
                    select ctid from sign_in
                    where created_at < $1 and (created_at < $3 or (code_used_at is null and link_used_at is null))
                    limit $2)",
                days(1),
                BATCH,
                days(90),
            ),
            Self::HandOver => sqlx::query!(
                "delete from hand_over where ctid in (select ctid from hand_over where created_at < $1 limit $2)",
                days(1),
                BATCH
            ),
            Self::RateLimit => sqlx::query!(
                "delete from rate_limit where ctid in (select ctid from rate_limit where hour_at < $1 limit $2)",
                days(1),
                BATCH
            ),
            Self::Session => sqlx::query!(
                "delete from session where ctid in (
                    select ctid from session
                    where expires_at < $1 or idle_expires_at < $1 or ended_at < $1
                    limit $2)",
                days(30),
                BATCH
            ),
            Self::Mail => sqlx::query!(
                "delete from mail where ctid in (
                    select ctid from mail where created_at < $1 and due_at is null limit $2)",
                days(90),
                BATCH
            ),
        };
        Ok(done.execute(db).await?.rows_affected())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{TestDb, fixtures};
    use time::Duration;

    #[tokio::test]
    async fn a_session_goes_thirty_days_after_its_end_and_not_before() {
        let db = TestDb::new().await;
        let organization = fixtures::organization(&db, "acme").await;
        let member = fixtures::member(&db, organization, "ann@example.com").await;
        fixtures::session(&db, &member).await;
        // Idle for 30 days it ends; 30 days later it goes.
        db.clock.advance(Duration::days(60));
        assert_eq!(sweep(&db.pool, db.now()).await.unwrap().rows, 0);
        db.clock.advance(Duration::seconds(1));
        assert_eq!(sweep(&db.pool, db.now()).await.unwrap().rows, 1);
        assert_eq!(sweep(&db.pool, db.now()).await.unwrap().rows, 0);
    }
}
