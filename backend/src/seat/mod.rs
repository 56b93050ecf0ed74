//! Who uses the seats of a subscription.

mod assign;
mod assigned;
mod revoke;

pub use assign::{AssignSeat, AssignSeatError, assign};
pub use assigned::assigned;
pub use revoke::{RevokeSeatError, revoke};
