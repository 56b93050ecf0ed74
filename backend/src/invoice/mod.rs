//! Invoices: orders with a number without gaps and a snapshot that never changes.

mod get;
mod issue;
mod issue_due;
mod waiting;

pub use get::{Invoice, OrderInvoice, get};
pub use issue::IssueError;
pub use issue_due::issue_due;
pub(crate) use waiting::issue_waiting;
