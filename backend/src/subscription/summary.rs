//! A subscription as lists and pages show it.

use domain::change::ChangeKind;
use domain::discount::AppliedDiscount;
use domain::id::{DiscountId, PriceId, ProductId, SubscriptionId};
use domain::money::Money;
use domain::next_charge::{ChargeTerms, NextCharge, next_charge};
use domain::subscription::{PendingUpdate, Subscription};
use domain::tax::TaxRate;
use time::OffsetDateTime;

use super::row::SubscriptionRow;
use crate::discount;
use crate::error::InconsistencyError;
use crate::proration::OpenEntry;

/// The facts of a subscription, its product's name and what comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionSummary {
    pub subscription_id: SubscriptionId,
    pub product_id: ProductId,
    pub price_id: PriceId,
    pub product_name: String,
    pub facts: Subscription,
    pub trial_start: Option<OffsetDateTime>,
    pub started_at: Option<OffsetDateTime>,
    /// Raised by each change.
    pub revision: i64,
    /// What it becomes when the period ends, if a change is scheduled.
    pub pending_update: Option<PendingUpdate>,
    pub discount: Option<GivenDiscount>,
    /// The change that waits for its payment, if there is one.
    pub open_change: Option<OpenChange>,
    /// What is owed, while a payment is missing.
    pub past_due: Option<PastDue>,
    /// What will be charged next, and when; `None` when nothing will.
    pub next_charge: Option<NextCharge>,
}

/// A discount that the subscription has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenDiscount {
    pub discount_id: DiscountId,
    pub applied: AppliedDiscount,
    /// Whether it still comes off the next period.
    pub covers_next_period: bool,
}

/// A change that waits for its payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenChange {
    pub kind: ChangeKind,
    pub since: OffsetDateTime,
}

/// What is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastDue {
    pub since: OffsetDateTime,
    /// The sum of the orders that are not paid, tax included.
    pub amount_open: Money,
    /// When the money is asked for again by itself; `None` when it is not.
    pub next_attempt_at: Option<OffsetDateTime>,
    /// When the subscription ends unless the money has come.
    pub deadline: OffsetDateTime,
}

impl SubscriptionSummary {
    pub(super) fn new(
        row: SubscriptionRow,
        entries: &[OpenEntry],
        rate: TaxRate,
        past_due: Option<PastDue>,
    ) -> Result<Self, InconsistencyError> {
        let facts = Subscription::try_from(&row)?;
        let pending_update = row.pending_update()?;
        let given = discount::applied(&row)?;
        let lines: Vec<_> = entries
            .iter()
            .filter(|entry| entry.subscription_id == row.subscription_id)
            .map(|entry| entry.line.clone())
            .collect();
        let terms = ChargeTerms {
            product_name: &row.product_name,
            pending_update: pending_update.as_ref(),
            discount: given.as_ref().map(|(_, applied)| applied),
            open_entries: &lines,
            rate,
            tax_behavior: row.tax_behavior()?,
        };
        let next_charge = next_charge(&facts, &terms).map_err(|_| {
            InconsistencyError::new("subscription", "amount_minor", row.subscription_id)
        })?;
        let discount = given.map(|(discount_id, applied)| GivenDiscount {
            discount_id,
            covers_next_period: facts
                .next_period_facts()
                .is_some_and(|next| applied.for_period(next.current_period.start).is_some()),
            applied,
        });
        Ok(Self {
            subscription_id: row.subscription_id.into(),
            product_id: row.product_id.into(),
            price_id: row.price_id.into(),
            facts,
            trial_start: row.trial_start,
            started_at: row.started_at,
            revision: row.revision,
            pending_update,
            discount,
            open_change: row.open_change()?,
            past_due,
            next_charge,
            product_name: row.product_name,
        })
    }
}
