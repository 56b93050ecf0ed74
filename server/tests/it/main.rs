//! The server through its door: the real router, the real Postgres, the built program.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod api;
mod bad_input;
mod bookkeeping;
mod checkout;
mod config;
mod deaths;
mod faults;
mod headers;
mod invoice;
mod live;
mod mails;
mod pages;
mod processes;
mod sandbox;
mod secrets;
mod sign_in;
mod stripe_webhook;
mod support;
mod webhooks;
