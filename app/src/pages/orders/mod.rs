//! Orders: what the customer was charged.

#[cfg(feature = "ssr")]
pub mod invoice;
pub mod list;
#[cfg(feature = "ssr")]
pub(crate) mod load;
#[cfg(feature = "ssr")]
pub(crate) mod overdue;
#[cfg(feature = "ssr")]
pub(crate) mod pay;
mod refused;
#[cfg(feature = "ssr")]
pub(crate) mod show;
pub mod status;
pub mod table;
