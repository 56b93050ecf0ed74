//! What a quote says.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::change::ChangeTiming;
use crate::id::{OrderId, PriceId, ProductId};
use crate::interval::RecurringInterval;
use crate::money::Money;
use crate::order_amounts::{OrderAmounts, OrderLine};
use crate::period::Period;
use crate::subscription::SubscriptionStatus;

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

/// What a subscription has from the change on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTerms {
    pub product_id: ProductId,
    pub price_id: PriceId,
    pub seats: Option<i32>,
    pub amount: Money,
    pub interval: RecurringInterval,
    pub status: SubscriptionStatus,
    pub current_period: Period,
    #[serde(with = "crate::micros")]
    pub billing_anchor_at: OffsetDateTime,
    #[serde(with = "crate::micros::option")]
    pub trial_end: Option<OffsetDateTime>,
    /// A period begins with the change, and the order is for it.
    pub begins_period: bool,
}

/// A quote with what applying it writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quoted {
    pub result: QuoteResult,
    /// `None` when it ends, or nothing changes before the next period.
    pub terms: Option<NewTerms>,
    /// What is set to happen at the period's end after the change; `None`: nothing.
    pub scheduled: Option<ScheduledTerms>,
    #[serde(with = "crate::micros")]
    pub expires_at: OffsetDateTime,
}

/// A change that waits for the end of the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledTerms {
    /// `None`: the product stays.
    pub product_id: Option<ProductId>,
    pub price_id: Option<PriceId>,
    pub seats: Option<i32>,
    #[serde(with = "crate::micros")]
    pub applies_at: OffsetDateTime,
}
