//! The portal's pages: `pages/<area>/<page>.rs`. A page is one server function, which loads a view made of plain data, and one
//! function that shows it.

#[cfg(feature = "ssr")]
pub(crate) mod charge;
#[cfg(feature = "ssr")]
pub mod checkout;
#[cfg(feature = "ssr")]
pub mod components;
#[cfg(feature = "ssr")]
pub mod decline;
pub mod error;
pub mod load;
#[cfg(feature = "ssr")]
pub(crate) mod method;
pub(crate) mod notices;
pub mod orders;
pub mod overview;
#[cfg(feature = "ssr")]
pub(crate) mod paging;
#[cfg(feature = "ssr")]
pub mod pay_link;
pub mod settings;
pub mod sheet;
pub mod sign_in;
pub mod subscription;
