//! Price reductions that can be given to subscriptions.

mod applied;
mod create;
mod detail;
mod redeem;

pub(crate) use applied::applied;
pub use create::{CreateDiscount, CreateDiscountError, create};
pub use detail::{DiscountDetail, find_by_code, get, records};
pub use redeem::{RedeemError, redeem, redeemed_by};
