//! Customers: who pays an organization.

mod billing_details;
mod create;
mod exempt_from_tax;
mod find;
mod portal_customer;
mod record;
mod state;
mod update_billing_details;

pub use billing_details::{BillingDetails, billing_details};
pub use create::{CreateCustomer, CreateCustomerError, create};
pub use exempt_from_tax::{ExemptFromTaxError, exempt_from_tax};
pub use find::{Customer, CustomerKey, find, get};
pub use portal_customer::{PortalCustomer, portal_customer};
pub use record::{CustomerRecord, record, records};
pub use state::active_subscriptions;
pub use update_billing_details::{
    UpdateBillingDetails, UpdateBillingDetailsError, update_billing_details,
};
