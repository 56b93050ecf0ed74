//! What a change costs: worked out once, shown, stored, and charged as it was shown.

mod checks;
mod facts;
mod in_trial;
mod new_start;
mod next;
mod refund;
mod result;
mod within_period;
mod work_out;

#[cfg(test)]
mod oracle;

pub use facts::{Change, PlanTerms, QuoteFacts, QuoteRefusal};
pub use result::{
    NewTerms, OrderRefund, QuoteResult, Quoted, QuotedCharge, Refund, ScheduledTerms,
};
pub use work_out::{QUOTE_LASTS, quote};
