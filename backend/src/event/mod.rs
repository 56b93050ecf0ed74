//! The event log: what happened, written in the transaction that made it so, with the rows it causes.

mod changed;
mod partition;
mod record;

pub use changed::{Change, changed};
pub use partition::{PartitionError, drop_partitions, ensure_partitions};
pub use record::{NewEvent, notify, record};
