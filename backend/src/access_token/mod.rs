//! Tokens by which an organization's own backend calls.

mod authenticate;
mod create;
mod granted;
mod record;
mod revoke;
mod update;

pub use authenticate::{LiveAccessToken, authenticate};
pub use create::{CreateAccessToken, CreateAccessTokenError, create};
pub use record::{AccessTokenRecord, get, list};
pub use revoke::{RevokeAccessTokenError, revoke};
pub use update::{UpdateAccessToken, UpdateAccessTokenError, update};
