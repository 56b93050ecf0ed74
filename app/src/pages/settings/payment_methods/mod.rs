//! Payment methods: which there are, adding one, which is the default, which the backup, removing one.

pub mod add;
pub mod backup;
pub mod default;
#[cfg(feature = "ssr")]
pub(crate) mod list;
pub mod remove;

pub use add::{AddPaymentMethod, BeginFrameSetup};
pub use backup::SetBackupMethod;
pub use default::SetDefaultMethod;
pub use remove::RemovePaymentMethod;
