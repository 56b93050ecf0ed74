//! Who uses the seats of a subscription.

mod assign;
mod revoke;

pub use assign::{AssignSeat, AssignSeatError, assign};
pub use revoke::{RevokeSeatError, revoke};
