//! What an organization sells.

mod check;
mod create;
mod delete;
mod detail;
mod page_of;
mod replace_prices;
mod update;

pub use crate::benefit::BenefitDetail;
pub use create::{CreateProduct, CreateProductError, create};
pub use delete::{DeleteProductError, delete};
pub use detail::{PriceDetail, ProductDetail, details, get, on_offer, referred};
pub use page_of::{ProductSearch, ProductSort, page_of};
pub use update::{OfferedPrice, UpdateProduct, UpdateProductError, update};
