//! Filling a database for load tests. Nothing here is for real organizations.

mod copy_customers;

pub use copy_customers::{BulkError, copy_customers};
