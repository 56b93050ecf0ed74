//! Customers: who pays an organization.

mod anonymize;
mod billing;
mod billing_details;
mod create;
mod delete;
mod exempt_from_tax;
mod export;
mod export_own;
mod find;
mod follow_owner;
mod page_of;
mod portal_customer;
mod record;
mod state;
mod update;
mod update_billing_details;

pub(crate) use billing::Billing;
pub use billing_details::{BillingDetails, billing_details};
pub use create::{CreateCustomer, CreateCustomerError, CustomerExtras, create};
pub(crate) use create::{Owner, write};
pub use delete::{DeleteCustomerError, delete};
pub use exempt_from_tax::{ExemptFromTaxError, exempt_from_tax};
pub use export::{ExportCursor, ExportedCustomer, export};
pub use export_own::{ExportedOrder, ExportedSubscription, OwnExport, export_own};
pub use find::{Customer, CustomerKey, find, get};
pub(crate) use follow_owner::{EmailChange, follow_owner};
pub use page_of::{CustomerSearch, CustomerSort, page_of};
pub use portal_customer::{PortalCustomer, portal_customer};
pub use record::{CustomerRecord, record, records};
pub use state::active_subscriptions;
pub use update::{Change, UpdateCustomer, UpdateCustomerError, update};
pub use update_billing_details::{
    UpdateBillingDetails, UpdateBillingDetailsError, update_billing_details,
};
