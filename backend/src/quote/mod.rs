//! Quotes: what a change to a subscription would cost, frozen at one instant, confirmed at most once.

mod create;
mod get;
mod load;
mod offered_plans;
mod paid;
pub(crate) mod plan;
mod request;
mod rules;

pub(crate) use create::make;
pub use create::{Quote, QuoteError, create, create_billed};
pub use get::get;
pub(crate) use load::work_out;
pub use offered_plans::{OfferedPlan, offered_plans};
pub use request::QuoteRequest;
