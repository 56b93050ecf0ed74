//! Customers: who pays an organization.

mod create;
mod find;

pub use create::{CreateCustomer, CreateCustomerError, create};
pub use find::{Customer, CustomerKey, find, get};
