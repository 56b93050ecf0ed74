//! Members: the people who act for a customer.

mod add;

pub use add::{AddMember, AddMemberError, add};
