//! One subscription: its state, cancelling it, keeping it.

pub mod cancel;
pub mod keep;
#[cfg(feature = "ssr")]
pub(crate) mod load;
#[cfg(feature = "ssr")]
pub(crate) mod show;
#[cfg(feature = "ssr")]
pub(crate) mod view;

pub use cancel::CancelSubscription;
pub use keep::KeepSubscription;
