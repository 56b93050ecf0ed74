//! What a change costs: worked out once, shown, stored, and charged as it was shown.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::change::ChangeTiming;
use crate::id::OrderId;
use crate::interval::RecurringInterval;
use crate::money::Money;
use crate::order_amounts::{OrderAmounts, OrderLine};

/// What confirming a quote does, to the cent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteResult {
    pub timing: ChangeTiming,
    /// After the change.
    pub product_name: String,
    /// After the change.
    pub seats: Option<i32>,
    /// One period after the change, before discount and tax.
    pub new_amount: Money,
    pub new_interval: RecurringInterval,
    /// What confirming charges at once; without lines, or with a total of 0, nothing.
    pub due_now: OrderAmounts,
    /// Lines of this change that wait for the next order.
    pub on_next_invoice: Vec<OrderLine>,
    /// What goes back when the subscription ends at once.
    pub refund: Option<Refund>,
    #[serde(with = "crate::micros")]
    pub takes_effect_at: OffsetDateTime,
    /// The next charge after the change; `None` when nothing will be charged.
    pub next_charge: Option<QuotedCharge>,
}

/// A charge to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotedCharge {
    #[serde(with = "crate::micros")]
    pub at: OffsetDateTime,
    pub amounts: OrderAmounts,
}

/// Money that goes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// All that goes back, tax included.
    pub amount: Money,
    /// The tax in it.
    pub tax: Money,
    /// From which orders.
    pub orders: Vec<OrderRefund>,
}

/// What goes back of one order, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRefund {
    pub order_id: OrderId,
    /// Tax included.
    pub amount_minor: i64,
    pub tax_minor: i64,
}
