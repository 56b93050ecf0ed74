//! Hand-overs: the company's own application signs its customer in, by a one-time code in a URL.

mod create;
mod redeem;

pub(crate) use create::is_web_url;
pub use create::{CreateHandOver, CreateHandOverError, create};
pub use redeem::{RedeemError, redeem};

use time::Duration;

/// How long a code waits to be redeemed.
pub const HAND_OVER_EXPIRES_AFTER: Duration = Duration::minutes(5);
