//! Orders: what the customer was charged.

#[cfg(feature = "ssr")]
pub mod invoice;
pub mod list;
#[cfg(feature = "ssr")]
pub(crate) mod load;
mod refused;
#[cfg(feature = "ssr")]
pub(crate) mod show;
pub mod status;
pub mod table;
