//! Price reductions: given by the organization, or redeemed by customers with a code.

mod applied;
mod check;
mod create;
mod delete;
mod detail;
mod page_of;
mod parts;
mod redeem;
mod update;

pub(crate) use applied::applied;
pub use create::{CreateDiscount, CreateDiscountError, create};
pub use delete::{DeleteDiscountError, delete};
pub use detail::{DiscountDetail, find_by_code, get, records};
pub use page_of::{DiscountSort, page_of};
pub use redeem::{RedeemError, redeem, redeemed_by};
pub use update::{UpdateDiscount, UpdateDiscountError, update};
