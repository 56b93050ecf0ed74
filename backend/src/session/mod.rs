//! Sessions: browsers in which a member is signed in.

mod authenticate;
mod end;
mod end_all;
mod end_others;
mod list;
mod start;

pub use authenticate::{SignedIn, authenticate};
pub use end::{EndSessionError, end, sign_out};
pub(crate) use end_all::end_all;
pub use end_others::end_others;
pub use list::{SessionView, list};
pub use start::NewSession;
pub(crate) use start::{StartSession, start};

use time::Duration;

/// A session that nobody uses ends after this.
pub const IDLE: Duration = Duration::days(30);
/// A session ends after this, used or not.
pub const ABSOLUTE: Duration = Duration::days(90);
