//! One partition of the event log per month.

use sqlx::{AssertSqlSafe, PgPool};
use thiserror::Error;
use time::{Date, Month};

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
    if exists(db, &name).await? {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    // Two processes may come to a new month at once.
    sqlx::query!("select pg_advisory_xact_lock(hashtext('foyer event partitions'))").execute(&mut *tx).await?;
    if sqlx::query_scalar!("select to_regclass($1) is not null", name).fetch_one(&mut *tx).await? == Some(true) {
        return Ok(());
    }
    let range = format!("occurred_at >= '{month} 00:00+00' and occurred_at < '{next} 00:00+00'");
    let statements = [
        format!("create table {name} (like event including defaults including constraints)"),
        "lock table event_default in access exclusive mode".to_owned(),
        format!("insert into {name} select * from event_default where {range}"),
        format!("delete from event_default where {range}"),
        format!("alter table event attach partition {name} for values from ('{month} 00:00+00') to ('{next} 00:00+00')"),
    ];
    for statement in statements {
        // Only dates and fixed words stand in it.
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await?;
    }
    tx.commit().await
}

async fn exists(db: &PgPool, name: &str) -> Result<bool, sqlx::Error> {
    let found = sqlx::query_scalar!("select to_regclass($1) is not null", name).fetch_one(db).await?;
    Ok(found == Some(true))
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
