//! Quoted changes on their way: confirmed, charged, applied or refused.

mod action_url;
mod apply;
mod confirm;
mod end_now;
mod error;
#[cfg(test)]
mod races;
#[cfg(test)]
mod refusals;
mod settled;
#[cfg(test)]
mod shop;
mod start_anew;
#[cfg(test)]
mod thousand;

pub use action_url::action_url;
pub use confirm::{Confirmed, Redeemed, confirm, finish, redeem};
pub use error::{ConfirmError, SettleChangeError};
pub(crate) use settled::on_order_settled;
