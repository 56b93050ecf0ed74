//! Subscriptions that came due: renewed, begun after a trial, or ended.

use backend::subscription;

use super::{Left, Unit, Worker};

/// Subscriptions per unit: small, so that the process can end between two.
const BATCH: usize = 50;

pub(super) async fn run_due(worker: &Worker) -> Unit {
    let done = subscription::run_due(&worker.db, &mut worker.context(), BATCH).await?;
    metrics::counter!("subscriptions_run_total").increment(u64::try_from(done)?);
    Ok(if done == BATCH { Left::More } else { Left::Nothing })
}
