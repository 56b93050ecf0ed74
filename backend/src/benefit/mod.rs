//! What comes with a product, in words a customer reads.

mod check;
mod create;
mod delete;
mod detail;
mod page_of;
mod update;

pub use create::{CreateBenefit, CreateBenefitError, create};
pub use delete::{DeleteBenefitError, delete};
pub(crate) use detail::BenefitRow;
pub use detail::{BenefitDetail, get, records};
pub use page_of::{BenefitSearch, BenefitSort, page_of};
pub use update::{UpdateBenefit, UpdateBenefitError, update};
