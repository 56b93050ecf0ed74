//! Parts of a period that a change costs or gives back, until an order bills them.

mod entry;

pub(crate) use entry::{OpenEntry, bill, carry, insert, open};
