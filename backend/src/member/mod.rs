//! Members: the people who act for a customer.

mod add;
mod find;
mod page_of;
mod record;
mod remove;
mod update;

pub use add::{AddMember, AddMemberError, add};
pub use find::{MemberKey, find};
pub use page_of::{MemberSearch, page_of};
pub use record::{MemberRecord, records};
pub(crate) use remove::record_deleted;
pub use remove::{RemoveMemberError, remove};
pub use update::{UpdateMember, UpdateMemberError, update};
