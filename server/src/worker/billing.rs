//! Subscriptions that came due: renewed, begun after a trial, or ended; checkouts that expired; and the invoices of what was ordered.

use backend::{checkout, invoice, subscription};

use super::{Left, Unit, Worker};

/// Subscriptions per unit: small, so that the process can end between two.
const BATCH: usize = 50;

pub(super) async fn run_due(worker: &Worker) -> Unit {
    let done = subscription::run_due(&worker.db, &mut worker.context(), BATCH).await?;
    metrics::counter!("subscriptions_run_total").increment(u64::try_from(done)?);
    Ok(if done == BATCH { Left::More } else { Left::Nothing })
}

pub(super) async fn expire_checkouts(worker: &Worker) -> Unit {
    let limit = i64::try_from(BATCH)?;
    let done = checkout::expire_due(&worker.db, &mut worker.context(), limit).await?;
    Ok(if done == BATCH { Left::More } else { Left::Nothing })
}

pub(super) async fn issue_due(worker: &Worker) -> Unit {
    let done = invoice::issue_due(&worker.db, &mut worker.context(), BATCH).await?;
    metrics::counter!("invoices_issued_total").increment(u64::try_from(done)?);
    Ok(if done == BATCH { Left::More } else { Left::Nothing })
}
