//! What the company's system does: one function per command or question, over Postgres.
//!
//! Knows nothing of axum or Leptos. A command takes the pool and a [`context::Context`], makes one transaction and
//! ends with its visible commit; a question takes the pool and the actor or organization it is asked for.

pub mod access_token;
pub mod activity;
pub mod actor;
pub mod api_session;
pub mod api_sign_in;
pub mod benefit;
pub mod chance;
pub mod checkout;
pub mod clock;
pub mod context;
pub mod customer;
pub mod discount;
pub mod edit;
pub mod email_update;
pub mod error;
pub mod event;
pub mod local_time;
pub mod mail;
pub mod member;
pub mod metadata;
pub mod organization;
pub mod page;
pub mod rate_limit;
pub mod retention;
pub mod seat;
pub mod secret;
pub mod session;
pub mod sign_in;
mod sorting;
mod tax;
#[cfg(any(test, feature = "test-support"))]
pub mod test_support;
pub mod token;

pub mod bulk;
pub mod demo;
pub mod hand_over;
pub mod idempotency;
mod input;
pub mod invariants;
pub mod invoice;
pub mod order;
pub mod overview;
pub mod payment;
pub mod payment_method;
pub mod price;
pub mod product;
pub mod progress;
mod proration;
pub mod quote;
pub mod subscription;
pub mod subscription_change;
pub mod webhook;
