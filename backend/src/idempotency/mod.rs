//! The same write, sent twice with the same `Idempotency-Key`, is done once.
//!
//! A key is claimed before the command runs. Each of the command's transactions that the caller would notice commits together with
//! what came of it ([`crate::context::Context::commit`]); when the process dies before it could answer, the next request with the key
//! takes the claim over and finds there what is done already ([`crate::context::Context::once`]). The answer is kept for
//! [`KEPT_FOR`].

mod claim;
mod finish;
mod seal;
#[cfg(test)]
mod tests;

pub use claim::{Claim, ClaimKey, Claimed, claim};
pub(crate) use finish::add_outcome;
pub use finish::{keep_answer, let_go};

use time::Duration;

/// How long the same key gives the same answer.
pub const KEPT_FOR: Duration = Duration::hours(24);

/// After this time without an answer the process that had the claim is taken for dead. It is longer than any request may take.
pub const CLAIMED_FOR: Duration = Duration::minutes(1);
