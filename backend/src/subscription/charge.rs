//! The orders that subscriptions make by themselves: the first, one for each period, and one for what is left when no period follows.

use domain::discount::AppliedDiscount;
use domain::id::{DiscountId, OrderId};
use domain::money::Money;
use domain::next_charge::{ChargeTerms, closing_amounts, period_amounts};
use domain::order::BillingReason;
use domain::order_amounts::{OrderAmounts, OrderLine};
use domain::payment::PaymentTrigger;
use domain::period::Period;
use domain::subscription::{Subscription, SubscriptionStatus};
use domain::tax::TaxRate;
use sqlx::PgConnection;

use super::row::SubscriptionRow;
use super::run_due::RunDueError;
use crate::context::Context;
use crate::error::InconsistencyError;
use crate::order::{InsertOrderError, NewOrder, insert_order};
use crate::payment::{self, NewAttempt};
use crate::proration::{self, OpenEntry};
use crate::{discount, tax};

/// What an order is made from besides the facts.
struct Basis {
    discount: Option<(DiscountId, AppliedDiscount)>,
    entries: Vec<OpenEntry>,
    lines: Vec<OrderLine>,
    rate: TaxRate,
}

impl Basis {
    async fn read(tx: &mut PgConnection, row: &SubscriptionRow) -> Result<Self, RunDueError> {
        let (organization_id, customer_id) = (row.organization_id.into(), row.customer_id.into());
        let entries = proration::open(tx, organization_id, &[row.subscription_id]).await?;
        let tax = tax::terms(tx, organization_id, customer_id, row.price_id.into()).await?;
        Ok(Self {
            discount: discount::applied(row)?,
            lines: entries.iter().map(|entry| entry.line.clone()).collect(),
            entries,
            rate: tax.rate,
        })
    }

    fn terms<'a>(
        &'a self,
        row: &'a SubscriptionRow,
    ) -> Result<ChargeTerms<'a>, InconsistencyError> {
        Ok(ChargeTerms {
            product_name: &row.product_name,
            pending_update: None,
            discount: self.discount.as_ref().map(|(_, applied)| applied),
            open_entries: &self.lines,
            rate: self.rate,
            tax_behavior: row.tax_behavior()?,
        })
    }
}

/// The first order: of a trial over nothing, else for the first period.
pub(super) async fn first(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    facts: &Subscription,
) -> Result<OrderId, RunDueError> {
    let free = Money::zero(facts.amount.currency);
    let is_trial = facts.status == SubscriptionStatus::Trialing;
    let billed = Subscription { amount: if is_trial { free } else { facts.amount }, ..*facts };
    let reason = (BillingReason::SubscriptionCreate, PaymentTrigger::Purchase);
    of_period(tx, cx, row, &billed, reason).await
}

/// Orders the period that `after` has begun: the product, what waited, the discount as long as it lasts, the tax of this moment. When
/// something is to be paid, its charge is written down.
pub(super) async fn period(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    after: &Subscription,
) -> Result<OrderId, RunDueError> {
    let reason = (BillingReason::SubscriptionCycle, PaymentTrigger::SubscriptionCycle);
    of_period(tx, cx, row, after, reason).await
}

async fn of_period(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    after: &Subscription,
    reason: (BillingReason, PaymentTrigger),
) -> Result<OrderId, RunDueError> {
    let basis = Basis::read(tx, row).await?;
    let amounts = period_amounts(after, &basis.terms(row)?).map_err(InsertOrderError::from)?;
    let order = SubscriptionOrder {
        amounts,
        seats: after.seats,
        reason,
        period: Some(after.current_period),
    };
    insert(tx, cx, row, basis, order).await
}

/// Orders what waited, when it comes to more than nothing: no period follows that could bill it.
pub(super) async fn closing(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    after: &Subscription,
) -> Result<Option<OrderId>, RunDueError> {
    let basis = Basis::read(tx, row).await?;
    let amounts = closing_amounts(after, &basis.terms(row)?).map_err(InsertOrderError::from)?;
    let Some(amounts) = amounts else { return Ok(None) };
    let reason = (BillingReason::SubscriptionUpdate, PaymentTrigger::SubscriptionUpdate);
    let order = SubscriptionOrder { amounts, seats: after.seats, reason, period: None };
    insert(tx, cx, row, basis, order).await.map(Some)
}

struct SubscriptionOrder {
    amounts: OrderAmounts,
    seats: Option<i32>,
    reason: (BillingReason, PaymentTrigger),
    period: Option<Period>,
}

/// The order, its charge, and what it did to the parts that waited.
async fn insert(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    basis: Basis,
    order: SubscriptionOrder,
) -> Result<OrderId, RunDueError> {
    let SubscriptionOrder { amounts, seats, reason: (billing_reason, trigger), period } = order;
    let (organization_id, customer_id) = (row.organization_id.into(), row.customer_id.into());
    let (total, carried_minor) = (amounts.totals.total, amounts.carried_minor);
    let taken_off = basis.discount.filter(|_| !amounts.totals.discount.is_zero());
    let new = NewOrder {
        organization_id,
        customer_id,
        subscription_id: Some(row.subscription_id.into()),
        product_id: row.product_id.into(),
        price_id: row.price_id.into(),
        product_name: row.product_name.clone(),
        billing_reason,
        amounts,
        discount_id: taken_off.map(|(discount_id, _)| discount_id),
        is_draft: false,
        seats,
        period,
    };
    let order_id = insert_order(tx, cx, new).await?;
    proration::bill(tx, organization_id, &basis.entries, order_id).await?;
    let subscription_id = row.subscription_id.into();
    let label = &row.product_name;
    proration::carry(tx, cx, organization_id, subscription_id, label, carried_minor).await?;
    if !total.is_zero() {
        let due_at = cx.now;
        let attempt =
            NewAttempt { organization_id, order_id, customer_id, amount: total, trigger, due_at };
        payment::prepare(tx, cx, attempt).await?;
    }
    Ok(order_id)
}
