//! Members: the people who act for a customer.

mod add;
mod record;

pub use add::{AddMember, AddMemberError, add};
pub use record::{MemberRecord, records};
