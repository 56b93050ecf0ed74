//! A subscription as lists and pages show it.

use domain::id::{PriceId, ProductId, SubscriptionId};
use domain::next_charge::{NextCharge, next_charge};
use domain::subscription::Subscription;
use time::OffsetDateTime;

use super::row::SubscriptionRow;
use crate::error::InconsistencyError;

/// The facts of a subscription, its product's name and what comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionSummary {
    pub subscription_id: SubscriptionId,
    pub product_id: ProductId,
    pub price_id: PriceId,
    pub product_name: String,
    pub facts: Subscription,
    pub started_at: Option<OffsetDateTime>,
    /// Raised by each change.
    pub revision: i64,
    /// What will be charged next, and when; `None` when nothing will.
    pub next_charge: Option<NextCharge>,
}

impl TryFrom<SubscriptionRow> for SubscriptionSummary {
    type Error = InconsistencyError;

    fn try_from(row: SubscriptionRow) -> Result<Self, InconsistencyError> {
        let facts = Subscription::try_from(&row)?;
        let next_charge = next_charge(&facts, &row.product_name).map_err(|_| {
            InconsistencyError::new("subscription", "amount_minor", row.subscription_id)
        })?;
        Ok(Self {
            subscription_id: row.subscription_id.into(),
            product_id: row.product_id.into(),
            price_id: row.price_id.into(),
            product_name: row.product_name,
            facts,
            started_at: row.started_at,
            revision: row.revision,
            next_charge,
        })
    }
}
