//! What a customer sees first.

mod load;

pub use load::{OpenOrders, Overview, load};
