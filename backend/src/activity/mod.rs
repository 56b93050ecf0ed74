//! A customer's activity: what happened to its account, and who did it.

mod list;

pub use list::{Activity, Doer, list};
