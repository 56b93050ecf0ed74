//! Limits on tries that all processes share.

mod check;
mod guard;

pub use check::{CheckError, Limited, Limits, check};
