//! What several operations send or take.

pub mod address;
pub mod benefit;
pub mod charge_preview;
pub mod checkout;
pub mod customer;
pub mod discount;
pub mod error;
pub mod member;
pub mod order;
pub mod organization;
pub mod payment_method;
pub mod product;
pub mod quote;
pub mod refund;
pub mod seat;
pub mod subscription;
pub mod webhook;
pub mod webhook_event_name;
