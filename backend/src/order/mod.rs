//! Orders: what customers were asked to pay.

mod export;
mod get;
mod insert;
mod list;
mod page_of;
mod record;
mod record_payment;
mod search;
mod summary;
mod transition;
mod update_billing;

pub use export::{ExportedOrder, export};
pub use get::{OrderDetail, OrderItem, get};
pub use insert::InsertOrderError;
pub(crate) use insert::{NewOrder, insert_order};
pub use list::{OrderFilter, list};
pub use page_of::{OrderSearch, OrderSort, page_of};
pub use record::{OrderItemRecord, OrderRecord, records};
pub use record_payment::{RecordPaymentError, record_payment};
pub use search::{MerchantOrderSearch, MerchantOrderSort, search};
pub(crate) use summary::OrderRow;
pub use summary::OrderSummary;
pub(crate) use transition::{LockedOrder, lock, mark_paid, mark_void};
pub use update_billing::{UpdateOrderBilling, UpdateOrderBillingError, update_billing};
