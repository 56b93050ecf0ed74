//! E-mails: a row with a due time in the transaction that causes it; text and recipient are made when it is sent.

mod claim;
mod endpoint;
mod facts;
mod failure;
mod for_event;
mod outcome;
mod prepare;

pub use claim::{CLAIM_LASTS, ClaimedMail, claim};
pub(crate) use endpoint::of_endpoint;
pub(crate) use for_event::for_event;
pub use outcome::{DropReason, dropped, failed, sent};
pub use prepare::{Letter, Prepared, prepare};
