//! Subscriptions: started, read, canceled, kept, and carried on when they are due.

mod cancel;
mod get;
mod keep;
mod list;
pub(crate) mod row;
mod run_due;
pub(crate) mod snapshot;
mod start;
mod summary;

pub use cancel::{CancelError, CancelSubscription, cancel};
pub use get::{SubscriptionDetail, get};
pub use keep::{KeepError, keep};
pub use list::{SUBSCRIPTIONS_MAX, list};
pub use run_due::{RunDueError, run_due};
pub use start::{StartError, StartSubscription, StartedSubscription, start};
pub use summary::SubscriptionSummary;
