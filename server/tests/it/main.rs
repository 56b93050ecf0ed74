//! The server through its door: the real router, the real Postgres, the built program.

mod bad_input;
mod bookkeeping;
mod config;
mod headers;
mod live;
mod mails;
mod pages;
mod processes;
mod secrets;
mod sign_in;
mod support;
