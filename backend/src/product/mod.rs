//! What an organization sells.

mod create;

pub use create::{CreateProduct, CreateProductError, create};
