//! Price reductions that can be given to subscriptions.

mod create;

pub use create::{CreateDiscount, CreateDiscountError, create};
