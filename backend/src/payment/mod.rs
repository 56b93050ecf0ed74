//! Money: charging orders, giving back, and what follows when a charge fails.

mod prepare;
mod prepare_refund;
mod processor;

pub(crate) use prepare::{LEASE, NewAttempt, prepare};
pub use prepare_refund::PrepareRefundError;
pub(crate) use prepare_refund::{NewRefund, prepare_refund};
pub use processor::{
    Answer, NewPayment, NewProcessorRefund, NoAnswer, PaymentKey, PaymentProcessor, Reading,
    RefundOutcome,
};

use domain::payment::DeclineCode;

/// What a settled charge means for its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settlement {
    Paid,
    Declined(DeclineCode),
    /// It never came to a charge, and never will.
    Abandoned,
}
