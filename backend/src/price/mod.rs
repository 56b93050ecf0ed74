//! The prices of products.

mod create;
mod row;

pub use create::{CreatePrice, CreatePriceError, create};
pub(crate) use row::price_amount;
