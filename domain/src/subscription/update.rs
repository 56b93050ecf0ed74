//! Changes that wait for the end of a period.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Subscription;
use crate::id::{PriceId, ProductId};
use crate::interval::RecurringInterval;
use crate::money::Money;
use crate::tax::TaxBehavior;

/// What a subscription becomes when its period ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingUpdate {
    pub product_id: ProductId,
    pub price_id: PriceId,
    pub product_name: String,
    pub seats: Option<i32>,
    /// What one period costs then, before discount and tax.
    pub amount: Money,
    pub interval: RecurringInterval,
    pub tax_behavior: TaxBehavior,
    #[serde(with = "crate::micros")]
    pub applies_at: OffsetDateTime,
}

impl Subscription {
    /// The facts once the update applies at the end of the current period. With another interval the periods count from there;
    /// with the same one they keep their day.
    #[must_use]
    pub fn updated(&self, update: &PendingUpdate) -> Self {
        let billing_anchor_at = if update.interval == self.interval {
            self.billing_anchor_at
        } else {
            self.current_period.end
        };
        Self {
            billing_anchor_at,
            interval: update.interval,
            amount: update.amount,
            seats: update.seats,
            ..*self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use crate::subscription::DueOutcome;
    use crate::subscription::tests::running;
    use time::macros::datetime;
    use uuid::Uuid;

    fn update(interval: RecurringInterval) -> PendingUpdate {
        PendingUpdate {
            product_id: Uuid::nil().into(),
            price_id: Uuid::nil().into(),
            product_name: "Business".into(),
            seats: Some(3),
            amount: Money::new(9_900, Currency::EUR),
            interval,
            tax_behavior: TaxBehavior::Exclusive,
            applies_at: running().current_period.end,
        }
    }

    #[test]
    fn the_same_interval_keeps_its_day_and_another_begins_anew() {
        let end = running().current_period.end;
        let monthly = running().updated(&update(RecurringInterval::MONTHLY));
        assert_eq!((monthly.amount.minor, monthly.seats), (9_900, Some(3)));
        let DueOutcome::Renew(next) = monthly.at_due(end) else { panic!("renews") };
        assert_eq!(next.current_period.end, datetime!(2026-03-31 12:00 UTC));
        let yearly = running().updated(&update(RecurringInterval::YEARLY));
        let DueOutcome::Renew(next) = yearly.at_due(end) else { panic!("renews") };
        assert_eq!(next.current_period.end, datetime!(2027-02-28 12:00 UTC), "a whole year");
    }
}
