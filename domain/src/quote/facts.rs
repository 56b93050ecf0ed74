//! What a quote is worked out from.

use time::OffsetDateTime;

use crate::change::{ChangeRefusal, ChangeRules};
use crate::discount::AppliedDiscount;
use crate::id::{PriceId, ProductId};
use crate::interval::RecurringInterval;
use crate::money::MoneyError;
use crate::order_amounts::{OrderLine, OrderLineKind};
use crate::price::{PriceAmount, SeatCountRefusal};
use crate::proration::{PaidLine, PaidOrder};
use crate::seat_tiers::SeatsRefusal;
use crate::subscription::Subscription;
use crate::tax::{TaxBehavior, TaxRate};

/// A product at a price, for a number of seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanTerms {
    pub product_id: ProductId,
    pub price_id: PriceId,
    pub product_name: String,
    pub price: PriceAmount,
    pub tax_behavior: TaxBehavior,
    pub seats: Option<i32>,
    pub interval: RecurringInterval,
    pub trial: Option<RecurringInterval>,
}

impl PlanTerms {
    /// What one period costs, before discount and tax.
    ///
    /// # Errors
    /// A number of seats that the price does not sell.
    pub fn amount_minor(&self) -> Result<i64, ChangeRefusal> {
        self.price.amount_minor(self.seats).map_err(|refusal| match refusal {
            SeatCountRefusal::Required | SeatCountRefusal::NotSeatBased => {
                ChangeRefusal::NotSeatBased
            }
            SeatCountRefusal::Range(SeatsRefusal::BelowMinimum { minimum }) => {
                ChangeRefusal::BelowMinimum { minimum }
            }
            SeatCountRefusal::Range(SeatsRefusal::AboveMaximum { maximum }) => {
                ChangeRefusal::AboveMaximum { maximum }
            }
        })
    }
}

/// All that is known when a quote is made.
#[derive(Debug, Clone)]
pub struct QuoteFacts {
    /// The instant at which the quote is frozen.
    pub at: OffsetDateTime,
    pub subscription: Subscription,
    /// What it has now.
    pub plan: PlanTerms,
    /// What it is set to have from the next period on.
    pub scheduled: Option<PlanTerms>,
    pub trial_start: Option<OffsetDateTime>,
    pub discount: Option<AppliedDiscount>,
    /// The customer's rate today.
    pub rate: TaxRate,
    pub rules: ChangeRules,
    pub assigned_seats: i32,
    /// The subscription's paid orders, the newest first.
    pub paid: Vec<PaidOrder>,
    /// Lines that wait for its next order.
    pub waiting: Vec<OrderLine>,
    /// Another change waits for its payment.
    pub has_open_change: bool,
    /// An order of it is not paid.
    pub has_open_order: bool,
    /// It was bought anew already.
    pub is_resubscribed: bool,
}

impl QuoteFacts {
    /// What a period that begins at `start` costs of `amount_minor`, without the discount that covers it.
    pub(super) fn discounted_minor(&self, amount_minor: i64, start: OffsetDateTime) -> i64 {
        let discount = self.discount.as_ref().and_then(|discount| discount.for_period(start));
        let currency = self.subscription.amount.currency;
        amount_minor - discount.map_or(0, |discount| discount.minor(amount_minor, currency))
    }

    /// The waiting lines about parts of a period, as money that will be paid.
    pub(super) fn waiting_parts(&self) -> Vec<PaidLine> {
        let parts = self.waiting.iter().filter(|line| line.kind != OrderLineKind::CarriedCredit);
        parts
            .filter_map(|line| {
                let period = line.period?;
                Some(PaidLine { net_minor: line.amount_minor, period, is_whole_period: false })
            })
            .collect()
    }
}

/// A change, as far as it is known what it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Seats that are not named are kept, as far as the plan sells them.
    Plan {
        to: PlanTerms,
    },
    Seats {
        seats: i32,
    },
    Resume,
    Resubscribe {
        to: PlanTerms,
    },
    CancelNow,
}

/// Why there is no quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuoteRefusal {
    #[error(transparent)]
    Refused(#[from] ChangeRefusal),
    #[error(transparent)]
    Money(#[from] MoneyError),
}
