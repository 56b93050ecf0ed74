//! The demo organization: a fictional company with forty customers and a history of eighteen months, made by running
//! the commands themselves under a clock that walks. No row is made by hand.

mod advance;
mod cast;
mod catalog;
mod clear;
mod data;
mod history;
mod seed;
mod work;

pub use crate::progress::Progress;
pub use advance::{AdvanceError, Advanced, advance, clock_offset};
pub use data::{DemoCustomer, DemoData, DemoOrganization, data, order_to_pay};
pub use seed::{SeedError, seed};
pub use work::WorkError;

/// The demo organization's slug.
pub const SLUG: &str = "northwind";
/// Its name; the company does not exist.
pub const NAME: &str = "Northwind Cloud";
