//! Starting a subscription, with its first order.

use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{CustomerId, OrderId, OrganizationId, PriceId, ProductId, SubscriptionId};
use domain::interval::{Interval, RecurringInterval};
use domain::money::{Currency, Money};
use domain::order::BillingReason;
use domain::period::{Period, instant_after, period_after};
use domain::subscription::{Subscription, SubscriptionStatus};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use super::row::SubscriptionRow;
use super::snapshot;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError};
use crate::event;
use crate::order::{InsertOrderError, NewOrder, insert_order};
use crate::price::price_amount;

/// A subscription to start now.
#[derive(Debug, Clone, Copy)]
pub struct StartSubscription {
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    pub product_id: ProductId,
    pub price_id: PriceId,
    /// Given exactly when the price is per seat.
    pub seats: Option<i32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartedSubscription {
    pub subscription_id: SubscriptionId,
    pub facts: Subscription,
    pub order_id: OrderId,
}

#[derive(Debug, Error)]
pub enum StartError {
    #[error("there is no such customer")]
    UnknownCustomer,
    #[error("there is no such price of that product on sale")]
    UnknownPrice,
    #[error("the product is sold once, not as a subscription")]
    NotRecurring,
    #[error("the input has mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("only the organization itself may start a subscription")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the subscription could not be written down")]
    Database(#[from] DatabaseError),
    #[error("the first order could not be made")]
    Order(#[from] InsertOrderError),
}

impl From<sqlx::Error> for StartError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Starts a subscription and makes its first order: of 0 for a trial or a free price, which counts as paid at once;
/// else for the first period. No payment engine exists yet, so such an order stays `pending` until
/// [`crate::order::record_payment`] tells of the money, and the subscription runs meanwhile.
pub async fn start(db: &PgPool, cx: &mut Context, input: StartSubscription) -> Result<StartedSubscription, StartError> {
    cx.actor.staff(input.organization_id)?;
    let mut tx = db.begin().await?;
    let offer = offer(&mut tx, &input).await?;
    let (facts, trial_start) = first_facts(cx, &offer, input.seats);
    let row = insert(&mut tx, cx, &input, &offer, &facts, trial_start.is_some()).await?;
    let created = snapshot::event(EventType::SubscriptionCreated, &row, &facts, Value::Null);
    event::record(&mut tx, cx, created).await?;
    let order = NewOrder {
        organization_id: input.organization_id,
        customer_id: input.customer_id,
        subscription_id: Some(row.subscription_id.into()),
        product_id: input.product_id,
        price_id: input.price_id,
        product_name: offer.product_name,
        billing_reason: BillingReason::SubscriptionCreate,
        amount: if trial_start.is_some() { Money::zero(facts.amount.currency) } else { facts.amount },
        seats: facts.seats,
        period: Some(facts.current_period),
    };
    let order_id = insert_order(&mut tx, cx, order).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(StartedSubscription { subscription_id: row.subscription_id.into(), facts, order_id })
}

/// What is sold, checked against what was asked for.
struct Offer {
    product_name: String,
    every: RecurringInterval,
    trial: Option<RecurringInterval>,
    amount: Money,
}

async fn offer(tx: &mut PgConnection, input: &StartSubscription) -> Result<Offer, StartError> {
    let row = sqlx::query!(
        r#"select p.name as "name?", p.recurring_interval, p.recurring_interval_count, p.trial_interval, p.trial_interval_count,
            r.amount_type as "amount_type?", r.currency as "currency?", r.amount_minor, r.seat_tiers
         from customer c
         left join (product p
            join price r on r.organization_id = p.organization_id and r.product_id = p.product_id and r.price_id = $4 and not r.is_archived)
            on p.organization_id = c.organization_id and p.product_id = $3 and not p.is_archived and p.deleted_at is null
         where c.organization_id = $1 and c.customer_id = $2 and c.deleted_at is null"#,
        input.organization_id.as_uuid(),
        input.customer_id.as_uuid(),
        input.product_id.as_uuid(),
        input.price_id.as_uuid(),
    )
    .fetch_optional(tx)
    .await?
    .ok_or(StartError::UnknownCustomer)?;
    let (Some(product_name), Some(amount_type), Some(currency)) = (row.name, row.amount_type, row.currency) else {
        return Err(StartError::UnknownPrice);
    };
    let bad = |column| InconsistencyError::new("product", column, input.product_id);
    let every = interval(row.recurring_interval, row.recurring_interval_count).ok_or_else(|| bad("recurring_interval"))?;
    let trial = interval(row.trial_interval, row.trial_interval_count).ok_or_else(|| bad("trial_interval"))?;
    let price = price_amount(input.price_id.as_uuid(), &amount_type, row.amount_minor, row.seat_tiers)?;
    let amount_minor = price.amount_minor(input.seats).map_err(|refusal| StartError::Invalid(FieldErrors(vec![refusal.into()])))?;
    let currency = Currency::parse(&currency).map_err(|_| InconsistencyError::new("price", "currency", input.price_id))?;
    Ok(Offer { product_name, every: every.ok_or(StartError::NotRecurring)?, trial, amount: Money::new(amount_minor, currency) })
}

/// `Some(None)` when there is no interval; `None` when it breaks a rule.
fn interval(unit: Option<String>, count: Option<i32>) -> Option<Option<RecurringInterval>> {
    match (unit, count) {
        (None, None) => Some(None),
        (Some(unit), Some(count)) => RecurringInterval::new(Interval::parse(&unit)?, count).ok().map(Some),
        _ => None,
    }
}

/// A trial is the first period; the paid periods are counted from its end.
fn first_facts(cx: &Context, offer: &Offer, seats: Option<i32>) -> (Subscription, Option<time::OffsetDateTime>) {
    let trial_end = offer.trial.map(|trial| instant_after(cx.now, trial, 1));
    let current_period = match trial_end {
        Some(end) => Period { start: cx.now, end },
        None => period_after(cx.now, offer.every, 0),
    };
    let facts = Subscription {
        status: if trial_end.is_some() { SubscriptionStatus::Trialing } else { SubscriptionStatus::Active },
        interval: offer.every,
        billing_anchor_at: trial_end.unwrap_or(cx.now),
        current_period,
        trial_end,
        cancel_at_period_end: false,
        canceled_at: None,
        ends_at: None,
        ended_at: None,
        amount: offer.amount,
        seats,
    };
    (facts, trial_end.map(|_| cx.now))
}

async fn insert(
    tx: &mut PgConnection,
    cx: &mut Context,
    input: &StartSubscription,
    offer: &Offer,
    facts: &Subscription,
    has_trial: bool,
) -> Result<SubscriptionRow, StartError> {
    let subscription_id: SubscriptionId = cx.new_id();
    sqlx::query!(
        "insert into subscription
            (organization_id, subscription_id, customer_id, product_id, price_id, status, currency, amount_minor, seats, recurring_interval,
             recurring_interval_count, billing_anchor_at, current_period_start, current_period_end, trial_start, trial_end, started_at, due_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $17)",
        input.organization_id.as_uuid(),
        subscription_id.as_uuid(),
        input.customer_id.as_uuid(),
        input.product_id.as_uuid(),
        input.price_id.as_uuid(),
        facts.status.as_str(),
        facts.amount.currency.as_str(),
        facts.amount.minor,
        facts.seats,
        facts.interval.interval().as_str(),
        i32::from(facts.interval.count()),
        facts.billing_anchor_at,
        facts.current_period.start,
        facts.current_period.end,
        has_trial.then_some(cx.now),
        facts.trial_end,
        cx.now,
        facts.due_at(),
    )
    .execute(tx)
    .await?;
    Ok(SubscriptionRow {
        organization_id: input.organization_id.into(),
        subscription_id: subscription_id.into(),
        customer_id: input.customer_id.into(),
        product_id: input.product_id.into(),
        price_id: input.price_id.into(),
        product_name: offer.product_name.clone(),
        status: facts.status.as_str().to_owned(),
        currency: facts.amount.currency.as_str().to_owned(),
        amount_minor: facts.amount.minor,
        seats: facts.seats,
        recurring_interval: facts.interval.interval().as_str().to_owned(),
        recurring_interval_count: facts.interval.count().into(),
        billing_anchor_at: facts.billing_anchor_at,
        current_period_start: facts.current_period.start,
        current_period_end: facts.current_period.end,
        trial_end: facts.trial_end,
        started_at: Some(cx.now),
        cancel_at_period_end: false,
        canceled_at: None,
        ends_at: None,
        ended_at: None,
        revision: 1,
    })
}
