//! One subscription: its state, cancelling it, keeping it.

pub mod cancel;
pub mod keep;
#[cfg(feature = "ssr")]
pub(crate) mod load;
pub mod show;
pub mod view;

pub use cancel::CancelSubscription;
pub use keep::KeepSubscription;
