//! Payment methods: setups whose browser never came back, removed ones, cards that end.

use backend::payment_method;

use super::{Left, Unit, Worker};

/// Pieces of work per unit: small, so that the process can end between two.
const BATCH: usize = 64;

pub(super) async fn run_due(worker: &Worker) -> Unit {
    let done =
        payment_method::run_due(&worker.db, &worker.processors, &mut worker.context(), BATCH)
            .await?;
    metrics::counter!("payment_methods_run_total").increment(u64::try_from(done)?);
    Ok(if done >= BATCH { Left::More } else { Left::Nothing })
}
