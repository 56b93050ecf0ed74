//! Money that is due: charges, retries and refunds.

use backend::payment;

use super::{Left, Unit, Worker};

/// Pieces of work per unit: small, so that the process can end between two.
const BATCH: usize = 64;

pub(super) async fn run_due(worker: &Worker) -> Unit {
    let done =
        payment::run_due(&worker.db, &worker.processors, &mut worker.context(), BATCH).await?;
    metrics::counter!("payments_run_total").increment(u64::try_from(done)?);
    Ok(if done >= BATCH { Left::More } else { Left::Nothing })
}
