//! What an organization sells.

mod create;
mod detail;
mod update;

pub use crate::benefit::BenefitDetail;
pub use create::{CreateProduct, CreateProductError, create};
pub use detail::{PriceDetail, ProductDetail, details, get, on_offer, referred};
pub use update::{UpdateProduct, UpdateProductError, update};
