//! A charge to come, on the wire.

use domain::order_amounts::OrderAmounts;
use serde::Serialize;
use utoipa::ToSchema;

/// What will be charged, in minor units.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct SubscriptionChargePreview {
    /// The product for a period.
    pub base_amount: i64,
    pub metered_amount: i64,
    /// Parts of periods: what was paid for and not used, and what a change brought.
    pub proration_amount: i64,
    pub prorations: Vec<ProrationPreview>,
    pub subtotal_amount: i64,
    pub discount_amount: i64,
    /// After discount, without tax.
    pub net_amount: i64,
    pub tax_amount: i64,
    pub total_amount: i64,
    pub applied_balance_amount: i64,
    pub due_amount: i64,
}

/// One part of a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProrationPreview {
    pub label: String,
    pub amount: i64,
}

impl From<&OrderAmounts> for SubscriptionChargePreview {
    fn from(amounts: &OrderAmounts) -> Self {
        let totals = amounts.totals;
        let (prorations, base): (Vec<_>, Vec<_>) =
            amounts.lines.iter().map(|line| &line.line).partition(|line| line.kind.is_proration());
        Self {
            base_amount: base.iter().map(|line| line.amount_minor).sum(),
            metered_amount: 0,
            proration_amount: prorations.iter().map(|line| line.amount_minor).sum(),
            prorations: prorations
                .iter()
                .map(|line| ProrationPreview {
                    label: line.label.clone(),
                    amount: line.amount_minor,
                })
                .collect(),
            subtotal_amount: totals.subtotal.minor,
            discount_amount: totals.discount.minor,
            net_amount: totals.total.minor - totals.tax.minor,
            tax_amount: totals.tax.minor,
            total_amount: totals.total.minor,
            applied_balance_amount: 0,
            due_amount: totals.total.minor.max(0),
        }
    }
}
