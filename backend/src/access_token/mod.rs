//! Tokens by which an organization's own backend calls.

mod authenticate;
mod create;

pub use authenticate::{LiveAccessToken, authenticate};
pub use create::{CreateAccessToken, CreateAccessTokenError, create};
