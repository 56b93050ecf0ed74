//! What comes with a product, in words a customer reads.

mod create;
mod detail;

pub use create::{CreateBenefit, CreateBenefitError, create};
pub(crate) use detail::BenefitRow;
pub use detail::{BenefitDetail, get, records};
