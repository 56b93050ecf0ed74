//! What keeps the tables in shape: partitions of the event log ahead of time, and rows that were kept long enough.

use std::time::Duration;

use backend::{event, retention};

use super::{Left, Unit, Worker};

/// Both are cheap when there is nothing to do. Partitions are made three months ahead, so an hour is often enough.
pub(super) const EVERY: Duration = Duration::from_hours(1);
const MONTHS_AHEAD: u8 = 4;

pub(super) async fn sweep(worker: &Worker) -> Unit {
    let now = worker.clock.now();
    event::ensure_partitions(&worker.db, now.date(), MONTHS_AHEAD).await?;
    retention::sweep(&worker.db, now).await?;
    Ok(Left::Nothing)
}
