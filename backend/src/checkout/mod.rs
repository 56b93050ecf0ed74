//! Checkouts: how somebody becomes a subscriber.
//!
//! Open, it is filled in. Confirming freezes what is to be paid in a draft and asks for the card; when the card is there it is charged;
//! when that is settled the subscription begins, in the settling transaction. Locks are taken in this order: customer, checkout, order.

mod buyer;
mod catalog;
mod change;
mod check;
mod complete;
mod confirm;
mod create;
mod error;
mod expire_due;
mod on_method_entered;
mod on_order_settled;
mod page_of;
mod quote;
mod record;
mod redemption;
mod row;
mod secret;
mod sign_in;
mod store;
#[cfg(test)]
mod tests;
mod update;

pub use change::{Change, CheckoutChange, DiscountChoice, StaffChange};
pub use check::check;
pub use confirm::{ConfirmCheckout, ConfirmedCheckout, Frozen, confirm};
pub use create::{CreateCheckout, create};
pub use error::CheckoutError;
pub use expire_due::{expire_due, next_due_at};
pub(crate) use on_method_entered::on_method_entered;
pub(crate) use on_order_settled::{lock_of_order, on_order_settled};
pub use page_of::{CheckoutFilter, CheckoutSort, page_of};
pub use quote::CheckoutQuote;
pub use record::{CheckoutRecord, CheckoutTotals, get, records};
pub use secret::{CLIENT_SECRET_PREFIX, client_secret, of_client_secret};
pub use sign_in::hand_over;
pub use update::update;
