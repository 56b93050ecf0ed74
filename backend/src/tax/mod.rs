//! The tax that a customer's next order bears.

mod terms;

pub(crate) use terms::{buyer, seller, terms};
