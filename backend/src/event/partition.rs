//! One partition of the event log per month.

use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use thiserror::Error;
use time::{Date, Month};

use crate::error::DatabaseError;

/// Why a month's partition could not be made.
#[derive(Debug, Error)]
pub enum PartitionError {
    #[error("could not make the event log's partition of {month}")]
    Database {
        month: String,
        #[source]
        source: sqlx::Error,
    },
}

/// Makes the partitions of `months` months, from the month of `from` on, where they are missing.
///
/// Events that the default partition caught for such a month move into it.
pub async fn ensure_partitions(db: &PgPool, from: Date, months: u8) -> Result<(), PartitionError> {
    let mut month = first_of_month(from);
    for _ in 0..months {
        let next = first_of_next_month(month);
        ensure_partition(db, month, next)
            .await
            .map_err(|source| PartitionError::Database { month: month_name(month), source })?;
        month = next;
    }
    Ok(())
}

async fn ensure_partition(db: &PgPool, month: Date, next: Date) -> Result<(), sqlx::Error> {
    let name = format!("event_{}", month_name(month));
    if exists(&mut *db.acquire().await?, &name).await? {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    // Two processes may come to a new month at once.
    sqlx::query!("select pg_advisory_xact_lock(hashtext('foyer event partitions'))")
        .execute(&mut *tx)
        .await?;
    if exists(&mut tx, &name).await? {
        return Ok(());
    }
    let range = format!("occurred_at >= '{month} 00:00+00' and occurred_at < '{next} 00:00+00'");
    let statements = [
        format!("create table {name} (like event including defaults including constraints)"),
        "lock table event_default in access exclusive mode".to_owned(),
        format!("insert into {name} select * from event_default where {range}"),
        format!("delete from event_default where {range}"),
        format!(
            "alter table event attach partition {name} for values from ('{month} 00:00+00') to ('{next} 00:00+00')"
        ),
    ];
    for statement in statements {
        // Only dates and fixed words stand in it.
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await?;
    }
    tx.commit().await
}

/// Drops the partitions whose months ended before `before`; answers how many.
pub async fn drop_partitions(db: &PgPool, before: Date) -> Result<u64, DatabaseError> {
    let oldest_kept = format!("event_{}", month_name(before));
    let names = sqlx::query_scalar!(
        r#"select c.relname::text as "name!"
         from pg_inherits i
         join pg_class c on c.oid = i.inhrelid
         where i.inhparent = 'event'::regclass and c.relname ~ '^event_[0-9]{4}_[0-9]{2}$' and c.relname::text < $1
         order by 1"#,
        oldest_kept,
    )
    .fetch_all(db)
    .await?;
    for name in &names {
        // Only names of this form come from the catalogue.
        sqlx::query(AssertSqlSafe(format!("drop table if exists {name}"))).execute(db).await?;
    }
    Ok(names.len() as u64)
}

/// Asks the table, not `to_regclass`: that answers from a cache which waiting for the lock does not refresh.
async fn exists(connection: &mut PgConnection, name: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (
            select from pg_class where relname = $1 and relnamespace = current_schema()::regnamespace) as "exists!""#,
        name,
    )
    .fetch_one(connection)
    .await
}

fn month_name(month: Date) -> String {
    format!("{:04}_{:02}", month.year(), u8::from(month.month()))
}

fn first_of_month(date: Date) -> Date {
    date.replace_day(1).unwrap_or(date)
}

fn first_of_next_month(date: Date) -> Date {
    let year = if date.month() == Month::December { date.year() + 1 } else { date.year() };
    Date::from_calendar_date(year, date.month().next(), 1).unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{TestDb, fixtures};
    use time::macros::{date, datetime};

    async fn rows_in(db: &TestDb, table: &'static str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from only {table}")))
            .fetch_one(&db.pool)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn months_are_made_over_the_new_year_and_again_changes_nothing() {
        let db = TestDb::new().await;
        for _ in 0..2 {
            ensure_partitions(&db.pool, date!(2026 - 11 - 30), 3).await.unwrap();
        }
        for (instant, table) in [
            (datetime!(2026-11-01 00:00 UTC), "event_2026_11"),
            (datetime!(2026-12-31 23:59:59.999999 UTC), "event_2026_12"),
            (datetime!(2027-01-01 00:00 UTC), "event_2027_01"),
        ] {
            db.clock.set(instant);
            fixtures::organization(&db, &format!("o{}", instant.unix_timestamp())).await;
            assert_eq!(rows_in(&db, table).await, 1, "{table}");
        }
    }

    #[tokio::test]
    async fn what_the_default_partition_caught_moves_with_its_sequence() {
        let db = TestDb::new().await;
        fixtures::organization(&db, "acme").await;
        let before = fixtures::event_types(&db).await;
        assert_eq!(rows_in(&db, "event_default").await, 1);
        ensure_partitions(&db.pool, date!(2026 - 04 - 01), 3).await.unwrap();
        assert_eq!(
            (rows_in(&db, "event_default").await, rows_in(&db, "event_2026_05").await),
            (0, 1)
        );
        assert_eq!(fixtures::event_types(&db).await, before);
        fixtures::organization(&db, "more").await;
        assert_eq!(fixtures::event_types(&db).await.len(), 2);
    }

    #[tokio::test]
    async fn four_processes_at_once_make_each_month_once() {
        let db = TestDb::new().await;
        let mut made = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let pool = db.pool.clone();
            made.spawn(async move { ensure_partitions(&pool, date!(2026 - 05 - 01), 4).await });
        }
        for result in made.join_all().await {
            result.unwrap();
        }
        let partitions: i64 = sqlx::query_scalar(
            "select count(*) from pg_inherits where inhparent = 'event'::regclass",
        )
        .fetch_one(&db.pool)
        .await
        .unwrap();
        assert_eq!(partitions, 5, "four months and the default");
    }

    #[tokio::test]
    async fn old_months_are_dropped_and_the_default_never() {
        let db = TestDb::new().await;
        ensure_partitions(&db.pool, date!(2025 - 11 - 01), 4).await.unwrap();
        assert_eq!(drop_partitions(&db.pool, date!(2026 - 01 - 15)).await.unwrap(), 2);
        assert_eq!(drop_partitions(&db.pool, date!(2026 - 01 - 15)).await.unwrap(), 0);
        assert_eq!(rows_in(&db, "event_2026_01").await + rows_in(&db, "event_default").await, 0);
    }
}
