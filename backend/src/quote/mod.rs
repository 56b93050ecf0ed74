//! Quotes: what a change to a subscription would cost, frozen at one instant, confirmed at most once.

mod create;
mod offered_plans;
mod request;

pub use create::{Quote, QuoteError, create};
pub use offered_plans::{OfferedPlan, offered_plans};
pub use request::QuoteRequest;
