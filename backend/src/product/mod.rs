//! What an organization sells.

mod create;
mod update;

pub use create::{CreateProduct, CreateProductError, create};
pub use update::{UpdateProduct, UpdateProductError, update};
