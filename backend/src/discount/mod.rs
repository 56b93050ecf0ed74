//! Price reductions that can be given to subscriptions.

mod applied;
mod create;

pub(crate) use applied::applied;
pub use create::{CreateDiscount, CreateDiscountError, create};
