//! Saved payment methods: how they are added, which of them is charged, and how they go.

mod add;
mod begin_setup;
mod detach;
mod expiry;
mod finish_setup;
mod forget;
mod forget_all;
mod keep;
mod list;
mod next_due_at;
mod of_subscription;
mod pay_with;
mod refresh;
mod remove;
mod retry_overdue;
mod return_path;
mod row;
mod run_due;
mod set_backup;
mod set_default;
mod setup_failure;
mod setup_row;
mod succeed;
#[cfg(test)]
pub(crate) mod test_helpers;
mod use_for_subscription;
mod with_deleted;

pub use add::{AddError, add, find_setup};
pub use begin_setup::{BeginSetup, BeginSetupError, SetupBegun, begin_setup};
pub(crate) use begin_setup::{SetupOfCheckout, begin_setup_of_checkout};
pub use finish_setup::{FinishSetupError, FinishedSetup, SetupState, finish_setup, nudge_setup};
pub(crate) use forget_all::forget_all;
pub use list::{PaymentMethod, get, list, list_of};
pub use next_due_at::next_due_at;
pub use of_subscription::{SubscriptionMethod, of_subscription};
pub use refresh::{RefreshError, refresh};
pub use remove::{RemoveError, remove};
pub(crate) use retry_overdue::retry_overdue;
pub use return_path::return_path;
pub use run_due::{RunDueError, run_due};
pub use set_backup::set_backup;
pub use set_default::{ChooseMethodError, set_default};
pub use setup_failure::setup_failure;
pub use use_for_subscription::use_for_subscription;
pub use with_deleted::with_deleted;
