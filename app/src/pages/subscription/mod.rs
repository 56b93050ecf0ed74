//! One subscription: its state, and every step that changes it.

pub mod cancel;
#[cfg(feature = "ssr")]
pub(crate) mod cancel_now;
pub mod confirm;
#[cfg(feature = "ssr")]
pub(crate) mod go_on;
pub mod keep;
#[cfg(feature = "ssr")]
pub(crate) mod load;
pub mod pause;
pub mod payment_method;
#[cfg(feature = "ssr")]
pub(crate) mod plan;
#[cfg(feature = "ssr")]
mod quoted;
pub mod seats;
#[cfg(feature = "ssr")]
mod sentences;
#[cfg(feature = "ssr")]
pub(crate) mod show;
#[cfg(feature = "ssr")]
mod steps;
pub mod undo_update;
#[cfg(feature = "ssr")]
pub(crate) mod view;

pub use cancel::CancelSubscription;
pub use confirm::ConfirmChange;
pub use keep::KeepSubscription;
pub use pause::{KeepRunning, PauseSubscription};
pub use payment_method::ChoosePaymentMethod;
pub use seats::ChooseSeats;
pub use undo_update::UndoUpdate;
