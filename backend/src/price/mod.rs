//! The prices of products.

mod create;
mod insert;
mod row;

pub use create::{CreatePrice, CreatePriceError, create};
pub use insert::NewPrice;
pub(crate) use insert::{insert, new_ids};
pub(crate) use row::price_amount;
