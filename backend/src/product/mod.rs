//! What an organization sells.

mod create;
mod detail;
mod update;

pub use create::{CreateProduct, CreateProductError, create};
pub use detail::{BenefitDetail, PriceDetail, ProductDetail, details, on_offer};
pub use update::{UpdateProduct, UpdateProductError, update};
