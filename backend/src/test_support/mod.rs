//! A real Postgres database for each test.
//!
//! The server is named by `TEST_DATABASE_URL` (its role may create databases). A template with the migrations is made
//! once; each test copies it and drops its copy at the end.

pub mod billing;
mod database;
pub mod fixtures;

pub use database::TestDb;
