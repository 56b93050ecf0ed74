//! Rows go when the time that their table's comment states is over.

mod sweep;

pub use sweep::{Swept, sweep};
