//! Claiming a key, before the command runs.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::seal::Seal;
use super::{CLAIMED_FOR, KEPT_FOR};
use crate::context::Context;
use crate::error::{InconsistencyError, QueryError};
use crate::secret::{SecretKey, same_digest};

/// Whose key, and for what it was sent.
#[derive(Debug, Clone, Copy)]
pub struct ClaimKey<'a> {
    /// `None`: of a caller without a token.
    pub organization_id: Option<Uuid>,
    /// Keys of different callers are different keys.
    pub caller: &'a str,
    /// As the client sent it.
    pub key: &'a str,
    /// SHA-256 of all that the request says.
    pub request_hash: [u8; 32],
}

/// A key that this request may work under.
#[derive(Debug, Clone)]
pub struct Claim {
    pub(super) organization_id: Uuid,
    pub(super) key_hash: [u8; 32],
    /// By which a request that was taken for dead is told apart.
    pub(super) token: Uuid,
    pub(super) seal: Seal,
    /// What requests before this one have committed, by the command's place in the request.
    committed: BTreeMap<u32, Value>,
    pub(super) step: u32,
}

impl Claim {
    /// Begins the request's next command; what it came to if it is done already.
    pub(crate) fn next_step(&mut self) -> Option<Value> {
        self.step += 1;
        self.committed.remove(&self.step)
    }
}

/// What a claim comes to.
#[derive(Debug)]
pub enum Claimed {
    /// Carry the command out.
    Run(Box<Claim>),
    /// It was carried out: this was the answer.
    Answered(Vec<u8>),
    /// Another request with the key is being worked on.
    Running,
    /// The key was sent with another request before.
    OtherRequest,
}

/// Claims a key, or tells what became of it.
///
/// # Errors
/// `Inconsistency` when what is kept under the key cannot be opened.
pub async fn claim(
    db: &PgPool,
    secret: &SecretKey,
    cx: &mut Context,
    key: ClaimKey<'_>,
) -> Result<Claimed, QueryError> {
    let texts = [key.caller.as_bytes(), key.key.as_bytes()];
    let key_hash = secret.derive_of_texts("idempotency key", &texts);
    let organization_id = key.organization_id.unwrap_or_default();
    let mut claim = Claim {
        organization_id,
        key_hash,
        token: cx.new_id(),
        seal: Seal::new(&secret.derive_of_texts("idempotency seal", &texts)),
        committed: BTreeMap::new(),
        step: 0,
    };
    // A key past its time is as good as new.
    let taken = sqlx::query!(
        r#"insert into idempotency_key as old (organization_id, key_hash, request_hash, claim_id, claimed_until, created_at)
         values ($1, $2, $3, $4, $5, $6)
         on conflict on constraint idempotency_key_pkey do update set
            claim_id = $4, claimed_until = $5, request_hash = $3,
            outcomes = case when old.created_at <= $7 then '{}' else old.outcomes end,
            answer = null,
            created_at = case when old.created_at <= $7 then $6 else old.created_at end
         where old.created_at <= $7 or (old.request_hash = $3 and old.answer is null and old.claimed_until <= $6)
         returning outcomes"#,
        organization_id,
        key_hash.as_slice(),
        key.request_hash.as_slice(),
        claim.token,
        cx.now + CLAIMED_FOR,
        cx.now,
        cx.now - KEPT_FOR,
    )
    .fetch_optional(db)
    .await?;
    let damaged = |column| InconsistencyError::new("idempotency_key", column, organization_id);
    if let Some(taken) = taken {
        for outcome in taken.outcomes {
            let plain = claim.seal.open(&outcome).ok_or_else(|| damaged("outcomes"))?;
            let (step, outcome) =
                serde_json::from_slice(&plain).map_err(|_| damaged("outcomes"))?;
            claim.committed.insert(step, outcome);
        }
        return Ok(Claimed::Run(Box::new(claim)));
    }
    let standing = sqlx::query!(
        "select request_hash, answer from idempotency_key where organization_id = $1 and key_hash = $2",
        organization_id,
        key_hash.as_slice(),
    )
    .fetch_optional(db)
    .await?;
    // Swept away in between: the client comes again.
    let Some(standing) = standing else { return Ok(Claimed::Running) };
    let is_same = <[u8; 32]>::try_from(standing.request_hash)
        .is_ok_and(|hash| same_digest(&hash, &key.request_hash));
    if !is_same {
        return Ok(Claimed::OtherRequest);
    }
    match standing.answer {
        None => Ok(Claimed::Running),
        Some(answer) => {
            Ok(Claimed::Answered(claim.seal.open(&answer).ok_or_else(|| damaged("answer"))?))
        }
    }
}
