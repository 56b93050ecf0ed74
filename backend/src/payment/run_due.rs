//! Doing what is due about money: orders to be tried again, charges, refunds.

use futures::StreamExt;
use rand::SeedableRng;
use rand::rngs::StdRng;
use sqlx::PgPool;
use uuid::Uuid;

use super::attempt::{PaymentError, carry_out};
use super::processor::PaymentProcessor;
use super::processors::Processors;
use super::{claim, dunning, refund};
use crate::context::Context;
use crate::event;

/// Charges of one run that wait for the processor at the same time.
const CONCURRENT: usize = 4;
/// Charges claimed at once: all end long before their lease does.
const BATCH: usize = 16;
/// Orders that cannot be tried again are left for a person; after so many in one run something else is wrong.
const FAILURES_MAX: usize = 10;

/// Does at most about `limit` pieces of work that are due at the context's time, and returns how many it did; fewer than `limit`
/// means that nothing is left, or that other workers have the rest. Any number of workers may run at once.
///
/// A context of one organization works for that one only; the system's, for everybody. Charges that fail for a reason of ours are
/// logged; they come due again when their lease ends.
pub async fn run_due(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
    limit: usize,
) -> Result<usize, PaymentError> {
    let mut done = retry_orders(db, cx, limit).await?;
    for processor in processors.iter() {
        while done < limit {
            let charged = charge(db, processor, cx, BATCH.min(limit - done)).await?;
            done += charged;
            if charged == 0 {
                break;
            }
        }
        while done < limit && refund::run_one(db, processor, cx).await? {
            done += 1;
        }
    }
    if done > 0 {
        let mut connection = db.acquire().await?;
        event::notify(&mut connection).await?;
    }
    Ok(done)
}

async fn retry_orders(db: &PgPool, cx: &mut Context, limit: usize) -> Result<usize, PaymentError> {
    let mut passed_over: Vec<Uuid> = Vec::new();
    let mut done = 0;
    while done < limit {
        let Some((organization_id, order_id)) = dunning::next_due(db, cx, &passed_over).await?
        else {
            break;
        };
        match dunning::retry(db, cx, organization_id, order_id).await {
            Ok(()) => done += 1,
            Err(error) => {
                tracing::error!(%order_id, error = &error as &dyn std::error::Error, "an order cannot be tried again");
                passed_over.push(order_id.into());
                if passed_over.len() >= FAILURES_MAX {
                    return Err(error);
                }
            }
        }
    }
    Ok(done)
}

/// Claims some charges and works on several at a time; returns how many were claimed.
async fn charge(
    db: &PgPool,
    processor: &dyn PaymentProcessor,
    cx: &mut Context,
    limit: usize,
) -> Result<usize, PaymentError> {
    let claimed = claim::due(db, cx, processor.name(), i64::try_from(limit).unwrap_or(1)).await?;
    let count = claimed.len();
    let work = claimed.into_iter().map(|attempt| {
        let mut own = Context {
            actor: cx.actor.clone(),
            now: cx.now,
            rng: StdRng::from_rng(&mut cx.rng),
            request_id: cx.request_id.clone(),
            quiet: cx.quiet,
            idempotency: None,
        };
        async move {
            let payment_attempt_id = attempt.payment_attempt_id;
            if let Err(error) = carry_out(db, processor, &mut own, attempt).await {
                tracing::error!(%payment_attempt_id, error = &error as &dyn std::error::Error, "a charge cannot be carried on");
            }
        }
    });
    let work: Vec<_> = work.collect();
    futures::stream::iter(work).for_each_concurrent(CONCURRENT, |work| work).await;
    Ok(count)
}
