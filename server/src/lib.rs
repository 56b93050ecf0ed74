//! The process around the portal: configuration, command line, router, workers.

pub mod cli;
pub mod client_address;
pub mod config;
pub mod demo_clock;
pub mod demo_file;
pub mod docs;
pub mod handlers;
pub mod live;
pub mod mail;
pub mod metrics;
pub mod middleware;
pub mod migrations;
pub mod page;
pub mod problem;
pub mod process;
pub mod redacted;
pub mod rest;
pub mod router;
pub mod sandbox;
pub mod state;
pub mod telemetry;
pub mod wake;
pub mod web;
pub mod webhook;
pub mod worker;
