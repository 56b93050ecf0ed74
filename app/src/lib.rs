//! What people see: the portal's pages, its components and the server functions behind them.
//!
//! Built twice: with `ssr` into the server, with `hydrate` into the wasm that browsers load. Never with both.
#![recursion_limit = "256"]
#![expect(clippy::needless_pass_by_value, reason = "pages and components own what they show")]

#[cfg(feature = "ssr")]
pub mod brand;
#[cfg(feature = "hydrate")]
mod call;
pub mod error;
pub mod frame;
pub mod live;
mod page_path;
pub mod pages;
pub mod routes;
#[cfg(feature = "ssr")]
pub mod shell;
#[cfg(feature = "ssr")]
pub mod ssr;
#[cfg(feature = "hydrate")]
pub mod start;
pub mod text;
pub mod ui;
pub mod urls;
#[cfg(feature = "hydrate")]
pub mod visit;

pub use routes::App;
#[cfg(feature = "hydrate")]
pub use routes::install_text;
#[cfg(feature = "ssr")]
pub use shell::shell;
