//! Limits on tries that all processes share.

mod allowance;
mod check;
mod guard;

pub use allowance::{AllowanceKey, Allowances};
pub use check::{CheckError, Limited, Limits, check};
