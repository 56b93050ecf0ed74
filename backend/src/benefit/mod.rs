//! What comes with a product, in words a customer reads.

mod create;

pub use create::{CreateBenefit, CreateBenefitError, create};
