//! Settings: signed-in browsers, and what happened on the account.

pub mod activity;
#[cfg(feature = "ssr")]
mod device;
#[cfg(feature = "ssr")]
mod load;
pub mod sessions;

pub use sessions::{EndOtherSessions, EndSession};
