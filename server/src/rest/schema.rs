//! What several operations send or take.

pub mod address;
pub mod customer;
pub mod error;
