//! Subscriptions: started, read, canceled, kept, paused, and carried on when they are due.

mod adjust;
mod cancel;
mod carry_on;
mod charge;
mod end_all_of;
pub(crate) mod end_at_once;
mod export;
mod get;
mod keep;
mod list;
mod page_of;
mod pause;
mod record;
mod remind_due;
pub(crate) mod row;
mod run_due;
mod search;
#[cfg(test)]
mod season;
pub(crate) mod snapshot;
mod start;
mod start_free;
mod summary;
mod unschedule_pause;
pub(crate) mod unschedule_update;

pub(crate) use adjust::IS_ADJUSTMENT;
pub use adjust::{AdjustError, AdjustSubscription, TrialEnd, adjust};
pub use cancel::{CancelError, CancelSubscription, cancel};
pub(crate) use charge::first as first_order;
pub(crate) use end_all_of::{EndAllRefusal, end_all_of};
pub use export::{ExportedSubscription, export};
pub use get::{SubscriptionDetail, get};
pub use keep::{KeepError, keep};
pub use list::{SUBSCRIPTIONS_MAX, list};
pub use page_of::{SubscriptionFilter, SubscriptionSort, is_of, page_of};
pub use pause::{PauseError, PauseSubscription, pause};
pub use record::{PendingUpdateRecord, SubscriptionRecord, records};
pub use run_due::{RunDueError, next_due_at, run_due};
pub use search::{SubscriptionSearch, SubscriptionSearchSort, search, with_seat_of};
pub use start::{StartError, StartSubscription, StartedSubscription, start};
pub use start_free::{FreeCustomer, StartFree, StartFreeError, start_free};
pub use summary::{GivenDiscount, OpenChange, PastDue, SubscriptionSummary};
pub use unschedule_pause::{UnschedulePauseError, unschedule_pause};
pub use unschedule_update::{UnscheduleUpdateError, UnscheduleUpdateRefusal, unschedule_update};
