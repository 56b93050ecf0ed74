//! Moving the demo's time on.

use domain::interval::RecurringInterval;
use domain::period::instant_after;
use rand::rngs::StdRng;
use sqlx::PgPool;
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::work::{self, WorkError};
use crate::context::Context;
use crate::error::DatabaseError;
use crate::event::{self, PartitionError};
use crate::payment::Processors;
use crate::progress::{OnProgress, Progress};

/// Notices written on the way are still delivered for so long after the jump.
const NOTICES_EXPIRE_AFTER: Duration = Duration::days(7);

/// Where the demo's time stands after a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advanced {
    pub now: OffsetDateTime,
    /// Renewals, charges, invoices, ends of trials and ends that happened on the way.
    pub steps: usize,
}

#[derive(Debug, Error)]
pub enum AdvanceError {
    #[error("there is no demo whose time could be moved: run `foyer demo` first")]
    NoDemo,
    #[error("the event log has no place for the months to come")]
    Partition(#[from] PartitionError),
    #[error("what fell due could not be done")]
    Due(#[from] WorkError),
    #[error("the demo's time could not be moved")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for AdvanceError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// How far the demo's time runs ahead of real time; `None` when there is no demo.
pub async fn clock_offset(db: &PgPool) -> Result<Option<Duration>, sqlx::Error> {
    let offset_s =
        sqlx::query_scalar!("select offset_s from demo_clock").fetch_optional(db).await?;
    Ok(offset_s.map(Duration::seconds))
}

/// Moves the demo's time on by one interval, from where it stands. All that falls due on the way happens at its own
/// moment, as if the time had passed. `real_now` is the system's time.
pub async fn advance(
    db: &PgPool,
    processors: &Processors,
    real_now: OffsetDateTime,
    mut rng: impl FnMut() -> StdRng,
    by: RecurringInterval,
    progress: OnProgress<'_>,
) -> Result<Advanced, AdvanceError> {
    let offset = clock_offset(db).await?.ok_or(AdvanceError::NoDemo)?;
    let from = real_now + offset;
    let until = instant_after(from, by, 1);
    ensure_partitions(db, from, until).await?;
    let mut steps = work::run(db, processors, &mut Context::system(from, rng())).await?;
    let mut now = from;
    while let Some(due_at) = work::next_due_at(db, None, now).await?.filter(|at| *at <= until) {
        now = due_at;
        steps += work::run(db, processors, &mut Context::system(now, rng())).await?;
        progress(Progress { done: seconds(now - from), total: seconds(until - from) });
    }
    move_clock(db, until - real_now, until).await?;
    progress(Progress { done: seconds(until - from), total: seconds(until - from) });
    Ok(Advanced { now: until, steps })
}

async fn ensure_partitions(
    db: &PgPool,
    from: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<(), PartitionError> {
    let months = (until - from).whole_days() / 28 + 4;
    event::ensure_partitions(db, from.date(), u8::try_from(months).unwrap_or(u8::MAX)).await
}

async fn move_clock(
    db: &PgPool,
    offset: Duration,
    until: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let mut tx = db.begin().await?;
    sqlx::query!("update demo_clock set offset_s = $1", offset.whole_seconds())
        .execute(&mut *tx)
        .await?;
    // A jump of the demo's time is no delay of its mails.
    sqlx::query!(
        "update mail set expires_at = $1 where due_at is not null and sign_in_id is null and expires_at < $1",
        until + NOTICES_EXPIRE_AFTER,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("select pg_notify('foyer', '')").execute(&mut *tx).await?;
    tx.commit().await
}

fn seconds(span: Duration) -> u64 {
    u64::try_from(span.whole_seconds()).unwrap_or(0)
}
