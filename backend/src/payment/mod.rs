//! Money: charging orders, giving back, and what follows when a charge fails.

mod action;
mod ask;
mod attempt;
mod attention;
mod choose_processor;
mod claim;
mod dunning;
#[cfg(test)]
mod faults;
mod give_up_action;
mod history;
mod method;
mod next_due_at;
mod overdue;
mod pay;
pub mod pay_link;
mod prepare;
mod prepare_refund;
mod processor;
mod processors;
mod refund;
mod refund_order;
mod refund_search;
mod refunds;
pub mod return_path;
mod returned;
mod run_due;
mod sandbox;
mod settle;
mod stripe;
#[cfg(test)]
mod test_helpers;
mod update_dunning;
mod wait;

pub use action::waiting_action;
pub use attempt::{PaymentError, run_attempt};
pub use attention::{Attention, ExpiringCard, attention};
pub use choose_processor::{ChooseProcessorError, ProcessorChoice, choose_processor};
pub(crate) use dunning::{DunningRules, recover};
pub use give_up_action::give_up_action;
pub use history::{PaymentRecord, history};
pub(crate) use method::charged as method_charged;
pub use next_due_at::next_due_at;
pub use overdue::{Overdue, overdue};
pub(crate) use pay::prepare_manual;
pub use pay::{MANUAL_TRIES_MAX, PayError, PayOrder, begin_pay, finish_pay, pay};
pub use pay_link::{PayLink, PayLinkState};
pub(crate) use prepare::{LEASE, NewAttempt, prepare};
pub use prepare_refund::PrepareRefundError;
pub(crate) use prepare_refund::{NewRefund, prepare_refund};
pub use processor::{
    Announced, Answer, NewPayment, NewProcessorCustomer, NewProcessorRefund, NewSetup, NoAnswer,
    PaymentKey, PaymentProcessor, ProcessorMethod, Reading, RefundOutcome, SetupPresentation,
    SetupReading, SetupWay, StartedSetup,
};
pub use processors::Processors;
pub use refund_order::{RefundNet, RefundOrder, RefundOrderError, refund_net, refund_order};
pub use refund_search::{MerchantRefund, RefundSearch, RefundSort, refund_search, refunds_whole};
pub use refunds::{RefundRecord, RefundState, refunds};
pub use returned::{Returned, returned};
pub use run_due::run_due;
pub use sandbox::{
    CardMistake, EnteredCard, REFUSING_CVC, Sandbox, SandboxBehavior, SandboxCard, SandboxPayment,
    SandboxPoint, SandboxSetup, SandboxStep, TEST_CARDS, TestCard, check_card, give_card,
    set_behavior,
};
pub(crate) use settle::{close_unsent, lock, void_open_orders};
#[cfg(any(test, feature = "test-support"))]
pub use stripe::signature_header;
pub use stripe::{
    ReceiveEventError, ReceivedEvent, SignatureError, Stripe, StripeAccess, StripeEvent,
    receive_stripe_event,
};
pub use update_dunning::{UpdateDunning, UpdateDunningError, update_dunning};

use domain::payment::DeclineCode;

/// What a settled charge means for its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settlement {
    Paid,
    Declined(DeclineCode),
    /// It never came to a charge, and never will.
    Abandoned,
}
