//! Orders: what a customer was asked to pay.

use serde::{Deserialize, Serialize};

use crate::money::{Currency, Money, MoneyError};
use crate::tax::TaxBehavior;
use crate::text_enum::text_enum;

text_enum! {
    /// Where an order stands.
    OrderStatus {
        Draft = "draft",
        Pending = "pending",
        Paid = "paid",
        Refunded = "refunded",
        PartiallyRefunded = "partially_refunded",
        Void = "void",
    }
}

impl OrderStatus {
    /// The money arrived, whatever was given back since.
    pub const fn is_paid(self) -> bool {
        matches!(self, Self::Paid | Self::Refunded | Self::PartiallyRefunded)
    }
}

text_enum! {
    /// Why an order was made.
    BillingReason {
        Purchase = "purchase",
        SubscriptionCreate = "subscription_create",
        SubscriptionCycle = "subscription_cycle",
        SubscriptionUpdate = "subscription_update",
    }
}

text_enum! {
    /// How a customer looks through orders.
    OrderStatusFilter {
        Open = "open",
        Paid = "paid",
        Refunded = "refunded",
        Void = "void",
    }
}

impl OrderStatusFilter {
    pub const fn statuses(self) -> &'static [OrderStatus] {
        match self {
            Self::Open => &[OrderStatus::Pending],
            Self::Paid => &[OrderStatus::Paid],
            Self::Refunded => &[OrderStatus::Refunded, OrderStatus::PartiallyRefunded],
            Self::Void => &[OrderStatus::Void],
        }
    }
}

/// The sums of an order: total = subtotal − discount, and the tax on top unless the prices have it in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderTotals {
    pub subtotal: Money,
    pub discount: Money,
    pub tax: Money,
    pub tax_behavior: TaxBehavior,
    pub total: Money,
}

impl OrderTotals {
    /// Sums up items of one currency; a discount comes off before tax.
    ///
    /// # Errors
    /// `Overflow`.
    pub fn of(
        currency: Currency,
        items_minor: impl IntoIterator<Item = i64>,
        discount_minor: i64,
        tax_minor: i64,
        tax_behavior: TaxBehavior,
    ) -> Result<Self, MoneyError> {
        let mut subtotal = Money::zero(currency);
        for amount in items_minor {
            subtotal = subtotal.checked_add(Money::new(amount, currency))?;
        }
        let (discount, tax) =
            (Money::new(discount_minor, currency), Money::new(tax_minor, currency));
        let discounted = subtotal.checked_sub(discount)?;
        let total = match tax_behavior {
            TaxBehavior::Exclusive => discounted.checked_add(tax)?,
            TaxBehavior::Inclusive => discounted,
        };
        Ok(Self { subtotal, discount, tax, tax_behavior, total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_discount_comes_off_and_tax_comes_on() {
        let totals =
            OrderTotals::of(Currency::EUR, [1000, 500], 300, 228, TaxBehavior::Exclusive).unwrap();
        assert_eq!((totals.subtotal.minor, totals.total.minor), (1500, 1428));
        let included =
            OrderTotals::of(Currency::EUR, [1500], 300, 192, TaxBehavior::Inclusive).unwrap();
        assert_eq!(included.total.minor, 1200);
        let overflow = OrderTotals::of(Currency::EUR, [i64::MAX, 1], 0, 0, TaxBehavior::Exclusive);
        assert_eq!(overflow, Err(MoneyError::Overflow));
    }

    #[test]
    fn filters_share_no_status() {
        let mut seen = vec![];
        for filter in OrderStatusFilter::ALL {
            for status in filter.statuses() {
                assert!(!seen.contains(status));
                seen.push(*status);
            }
        }
        // A draft is nobody's business yet.
        assert_eq!(seen.len() + 1, OrderStatus::ALL.len());
    }

    proptest! {
        #[test]
        fn totals_add_up(items in prop::collection::vec(-1_000_000_i64..1_000_000, 0..8), discount in 0_i64..10_000, tax in 0_i64..10_000) {
            let totals = OrderTotals::of(Currency::USD, items.iter().copied(), discount, tax, TaxBehavior::Exclusive).unwrap();
            prop_assert_eq!(totals.subtotal.minor, items.iter().sum::<i64>());
            prop_assert_eq!(totals.total.minor, totals.subtotal.minor - discount + tax);
        }
    }
}
