//! Sessions at the HTTP API: a customer or a member who calls with a bearer token.

mod authenticate;
mod create;
mod holds;

pub use authenticate::authenticate;
pub use create::{CreateApiSession, CreateApiSessionError, CreatedApiSession, Whom, create};
pub(crate) use create::{Whose, insert};

pub use holds::holds;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::actor::MemberActor;

/// A token works for so long, used or not (the API's rule).
pub const EXPIRES_AFTER: Duration = Duration::hours(1);

/// Whose session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApiSessionKind {
    /// The customer's: its owner acts, and no member is named.
    Customer,
    Member,
}

impl ApiSessionKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Member => "member",
        }
    }
}

/// A live session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiSession {
    pub kind: ApiSessionKind,
    pub actor: MemberActor,
    pub return_url: Option<String>,
    pub expires_at: OffsetDateTime,
}
