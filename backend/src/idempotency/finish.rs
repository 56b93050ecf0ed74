//! Writing down what became of a claimed key.

use serde::Serialize;
use sqlx::{PgConnection, PgPool};

use super::claim::Claim;
use crate::context::Context;
use crate::error::DatabaseError;

/// Adds what a transaction came to, in that transaction.
///
/// # Errors
/// Also when another request took the claim over meanwhile: then nothing may commit here.
pub(crate) async fn add_outcome(
    tx: &mut PgConnection,
    claim: &Claim,
    nonce: [u8; 12],
    outcome: &impl Serialize,
) -> Result<(), sqlx::Error> {
    let outcome = serde_json::to_vec(&(claim.step, outcome))
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    let done = sqlx::query!(
        "update idempotency_key set outcomes = array_append(outcomes, $4)
         where organization_id = $1 and key_hash = $2 and claim_id = $3",
        claim.organization_id,
        claim.key_hash.as_slice(),
        claim.token,
        claim.seal.close(nonce, &outcome),
    )
    .execute(tx)
    .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(sqlx::Error::Protocol("another request works under the same key by now".into()))
    }
}

/// Keeps the answer: it is given again from now on.
pub async fn keep_answer(
    db: &PgPool,
    cx: &mut Context,
    claim: &Claim,
    answer: &[u8],
) -> Result<(), DatabaseError> {
    let sealed = claim.seal.close(cx.random_bytes(), answer);
    sqlx::query!(
        "update idempotency_key set answer = $4 where organization_id = $1 and key_hash = $2 and claim_id = $3",
        claim.organization_id,
        claim.key_hash.as_slice(),
        claim.token,
        sealed,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Ends the claim without an answer: the next request with the key may go on where this one stopped.
pub async fn let_go(db: &PgPool, cx: &Context, claim: &Claim) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update idempotency_key set claimed_until = $4 where organization_id = $1 and key_hash = $2 and claim_id = $3",
        claim.organization_id,
        claim.key_hash.as_slice(),
        claim.token,
        cx.now,
    )
    .execute(db)
    .await?;
    Ok(())
}
