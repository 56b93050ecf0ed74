//! What the company's system does: one function per command or question, over Postgres.
//!
//! Knows nothing of axum or Leptos. A command takes the pool and a [`context::Context`], makes one transaction and
//! ends with its visible commit; a question takes the pool and the actor or organization it is asked for.

pub mod access_token;
pub mod customer;
pub mod member;
pub mod organization;
pub mod activity;
pub mod actor;
pub mod chance;
pub mod clock;
pub mod context;
pub mod error;
pub mod event;
pub mod local_time;
pub mod mail;
pub mod page;
pub mod sign_in;
pub mod session;
pub mod rate_limit;
pub mod retention;
pub mod secret;
#[cfg(any(test, feature = "test-support"))]
pub mod test_support;
pub mod token;

mod input;
pub mod order;
pub mod overview;
pub mod price;
pub mod product;
pub mod subscription;
pub mod demo;
pub mod hand_over;
pub mod invariants;
pub mod bulk;
pub mod progress;
