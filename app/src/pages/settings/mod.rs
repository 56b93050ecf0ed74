//! Settings: billing details, signed-in browsers, and what happened on the account.

pub mod activity;
pub mod billing;
#[cfg(feature = "ssr")]
mod device;
#[cfg(feature = "ssr")]
mod load;
pub mod sessions;

pub use billing::SaveBilling;
pub use sessions::{EndOtherSessions, EndSession};
