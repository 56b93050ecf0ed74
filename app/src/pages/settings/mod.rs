//! Settings: billing details, payment methods, payments, signed-in browsers, and what happened on the account.

#[cfg(feature = "ssr")]
pub(crate) mod activity;
pub mod billing;
#[cfg(feature = "ssr")]
mod device;
pub mod email;
#[cfg(feature = "ssr")]
mod load;
pub mod payment_methods;
#[cfg(feature = "ssr")]
pub(crate) mod payments;
pub mod sessions;

pub use billing::SaveBilling;
pub use email::ChangeEmail;
pub use sessions::{EndOtherSessions, EndSession};
