//! Who uses the seats of a subscription.

mod assign;
mod assigned;
mod find_holder;
mod list;
mod revoke;
mod revoke_all;

pub use assign::{AssignSeat, AssignSeatError, assign};
pub use assigned::assigned;
pub use find_holder::{SeatHolder, find_holder};
pub use list::{SeatMember, SeatRecord, SubscriptionSeats, is_in_reach, of_subscription, records};
pub use revoke::{RevokeSeatError, revoke};
pub(crate) use revoke_all::revoke_all;
