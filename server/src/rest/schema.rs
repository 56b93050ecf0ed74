//! What several operations send or take.

pub mod address;
pub mod customer;
pub mod error;
pub mod order;
pub mod organization;
pub mod product;
pub mod subscription;
