//! Starting a subscription, with its first order.

use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{
    CustomerId, DiscountId, OrderId, OrganizationId, PriceId, ProductId, SubscriptionId,
};
use domain::interval::{Interval, RecurringInterval};
use domain::money::{Currency, Money};
use domain::subscription::Subscription;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use super::run_due::RunDueError;
use super::{charge, row, snapshot};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError};
use crate::event;
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
    /// Comes off from the first charged period on: of a trial, from its end.
    pub discount_id: Option<DiscountId>,
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
    #[error("there is no such discount")]
    UnknownDiscount,
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
    Order(#[source] Box<RunDueError>),
}

impl From<RunDueError> for StartError {
    fn from(error: RunDueError) -> Self {
        Self::Order(Box::new(error))
    }
}

impl From<sqlx::Error> for StartError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Starts a subscription and makes its first order: of 0 for a trial or a free price, which counts as paid at once; else for the first
/// period, with its charge written down. The subscription runs meanwhile. Where nobody charges for the organization the order stays
/// `pending` until [`crate::order::record_payment`] tells of the money.
pub async fn start(
    db: &PgPool,
    cx: &mut Context,
    input: StartSubscription,
) -> Result<StartedSubscription, StartError> {
    cx.actor.staff(input.organization_id)?;
    let mut tx = db.begin().await?;
    let started = start_in(&mut tx, cx, &input).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(started)
}

/// The same in the caller's transaction.
pub(super) async fn start_in(
    tx: &mut PgConnection,
    cx: &mut Context,
    input: &StartSubscription,
) -> Result<StartedSubscription, StartError> {
    let offer = offer(tx, input).await?;
    check_discount(tx, input).await?;
    let facts = Subscription::begun(cx.now, offer.every, offer.trial, offer.amount, input.seats);
    let subscription_id = insert(tx, cx, input, &facts).await?;
    let (organization_id, id) = (input.organization_id.into(), subscription_id.into());
    let row = row::read(tx, organization_id, None, id).await?.ok_or_else(|| {
        InconsistencyError::new("subscription", "subscription_id", subscription_id)
    })?;
    let created = snapshot::event(EventType::SubscriptionCreated, &row, &facts, Value::Null);
    event::record(tx, cx, created).await?;
    let order_id = charge::first(tx, cx, &row, &facts).await?;
    Ok(StartedSubscription { subscription_id, facts, order_id })
}

/// What is sold, checked against what was asked for.
struct Offer {
    every: RecurringInterval,
    trial: Option<RecurringInterval>,
    amount: Money,
}

async fn offer(tx: &mut PgConnection, input: &StartSubscription) -> Result<Offer, StartError> {
    let row = sqlx::query!(
        r#"select p.recurring_interval, p.recurring_interval_count, p.trial_interval, p.trial_interval_count,
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
    let (Some(amount_type), Some(currency)) = (row.amount_type, row.currency) else {
        return Err(StartError::UnknownPrice);
    };
    let bad = |column| InconsistencyError::new("product", column, input.product_id);
    let every = interval(row.recurring_interval.as_deref(), row.recurring_interval_count, || {
        bad("recurring_interval")
    })?;
    let trial = interval(row.trial_interval.as_deref(), row.trial_interval_count, || {
        bad("trial_interval")
    })?;
    let price =
        price_amount(input.price_id.as_uuid(), &amount_type, row.amount_minor, row.seat_tiers)?;
    let amount_minor = price
        .amount_minor(input.seats)
        .map_err(|refusal| StartError::Invalid(FieldErrors(vec![refusal.into()])))?;
    let currency = Currency::parse(&currency)
        .map_err(|_| InconsistencyError::new("price", "currency", input.price_id))?;
    Ok(Offer {
        every: every.ok_or(StartError::NotRecurring)?,
        trial,
        amount: Money::new(amount_minor, currency),
    })
}

/// A discount that still exists, of this organization.
async fn check_discount(
    tx: &mut PgConnection,
    input: &StartSubscription,
) -> Result<(), StartError> {
    let Some(discount_id) = input.discount_id else { return Ok(()) };
    let found = sqlx::query_scalar!(
        "select discount_id from discount where organization_id = $1 and discount_id = $2 and deleted_at is null",
        input.organization_id.as_uuid(),
        discount_id.as_uuid(),
    )
    .fetch_optional(tx)
    .await?;
    found.map(|_| ()).ok_or(StartError::UnknownDiscount)
}

/// The interval in two columns, if there is one; `wrong` when they break a rule.
fn interval<E>(
    unit: Option<&str>,
    count: Option<i32>,
    wrong: impl FnOnce() -> E,
) -> Result<Option<RecurringInterval>, E> {
    let (Some(unit), Some(count)) = (unit, count) else {
        return if unit.is_none() && count.is_none() { Ok(None) } else { Err(wrong()) };
    };
    match Interval::parse(unit).map(|unit| RecurringInterval::new(unit, count)) {
        Some(Ok(interval)) => Ok(Some(interval)),
        _ => Err(wrong()),
    }
}

async fn insert(
    tx: &mut PgConnection,
    cx: &mut Context,
    input: &StartSubscription,
    facts: &Subscription,
) -> Result<SubscriptionId, StartError> {
    let subscription_id: SubscriptionId = cx.new_id();
    sqlx::query!(
        "insert into subscription
            (organization_id, subscription_id, customer_id, product_id, price_id, status, currency, amount_minor, seats, recurring_interval,
             recurring_interval_count, billing_anchor_at, current_period_start, current_period_end, trial_start, trial_end, started_at, due_at, created_at,
             discount_id, discount_applied_at, reminder_due_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $17, $19, $20, $21)",
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
        facts.trial_end.map(|_| cx.now),
        facts.trial_end,
        cx.now,
        facts.due_at(),
        input.discount_id.map(DiscountId::as_uuid),
        input.discount_id.map(|_| facts.billing_anchor_at),
        facts.reminder_due_at(cx.now),
    )
    .execute(tx)
    .await?;
    Ok(subscription_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants;
    use crate::test_support::billing::{Offer, percent_off};
    use crate::test_support::{TestDb, fixtures};
    use domain::discount::DiscountDuration;
    use domain::period::Period;
    use domain::price::PriceAmount;
    use domain::subscription::SubscriptionStatus;
    use time::macros::datetime;

    async fn orders(db: &TestDb) -> Vec<(String, String, i64)> {
        sqlx::query_as("select status, billing_reason, total_minor from orders")
            .fetch_all(&db.pool)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_paid_plan_begins_with_an_open_order() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let offer = Offer::monthly(&db, owner.organization_id).await;
        let started = offer.subscribe(&db, &owner).await;
        assert_eq!(started.facts.status, SubscriptionStatus::Active);
        assert_eq!(
            started.facts.current_period,
            Period { start: db.now(), end: datetime!(2026-06-01 09:00 UTC) }
        );
        assert_eq!(orders(&db).await, [("pending".into(), "subscription_create".into(), 2_900)]);
        assert_eq!(
            fixtures::event_types(&db).await[5..],
            ["subscription.created", "order.created"]
        );
        let mails: Vec<String> =
            sqlx::query_scalar("select template from mail").fetch_all(&db.pool).await.unwrap();
        assert_eq!(mails, ["subscription_confirmation"]);
        assert_eq!(invariants::check(&db.pool, owner.organization_id).await.unwrap(), vec![]);
    }

    #[tokio::test]
    async fn a_trial_and_a_free_plan_begin_with_a_paid_order_of_nothing() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let trial =
            Offer::with_trial(&db, owner.organization_id).await.subscribe(&db, &owner).await;
        assert_eq!(trial.facts.status, SubscriptionStatus::Trialing);
        assert_eq!(trial.facts.trial_end, Some(datetime!(2026-05-15 09:00 UTC)));
        assert_eq!(trial.facts.current_period.end, datetime!(2026-05-15 09:00 UTC));
        let monthly = Some(RecurringInterval::MONTHLY);
        let free = Offer::new(&db, owner.organization_id, PriceAmount::Free, monthly, None)
            .await
            .subscribe(&db, &owner)
            .await;
        assert_eq!(free.facts.status, SubscriptionStatus::Active);
        let paid = ("paid".to_owned(), "subscription_create".to_owned(), 0);
        assert_eq!(orders(&db).await, [paid.clone(), paid]);
        assert_eq!(invariants::check(&db.pool, owner.organization_id).await.unwrap(), vec![]);
    }

    #[tokio::test]
    async fn seats_are_multiplied_and_bounded() {
        let db = TestDb::new().await;
        let owner =
            fixtures::team_owner(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let offer = Offer::per_seat(&db, owner.organization_id).await;
        let started =
            start(&db.pool, &mut db.cx(), offer.start_for(&owner, Some(12))).await.unwrap();
        assert_eq!((started.facts.amount.minor, started.facts.seats), (12_000, Some(12)));
        for (seats, code) in [
            (None, "required"),
            (Some(1), "seats_below_minimum"),
            (Some(51), "seats_above_maximum"),
            (Some(-7), "seats_below_minimum"),
        ] {
            let Err(StartError::Invalid(errors)) =
                start(&db.pool, &mut db.cx(), offer.start_for(&owner, seats)).await
            else {
                panic!("{seats:?} is refused")
            };
            assert_eq!(errors.first("seats"), Some(code));
        }
        let fixed = Offer::monthly(&db, owner.organization_id).await;
        let refused = start(&db.pool, &mut db.cx(), fixed.start_for(&owner, Some(3))).await;
        assert!(matches!(refused, Err(StartError::Invalid(_))));
        assert_eq!(orders(&db).await.len(), 1);
    }

    #[tokio::test]
    async fn what_is_unknown_or_not_for_subscribing_is_refused_by_name() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let offer = Offer::monthly(&db, owner.organization_id).await;
        let stranger =
            fixtures::member(&db, fixtures::organization(&db, "other").await, "eve@example.com")
                .await;
        let foreign = Offer::monthly(&db, stranger.organization_id).await;
        let input = offer.start_for(&owner, None);
        let attempt = async |input| start(&db.pool, &mut db.cx(), input).await;

        let customer =
            attempt(StartSubscription { customer_id: stranger.customer_id, ..input }).await;
        assert!(matches!(customer, Err(StartError::UnknownCustomer)));
        let price = attempt(StartSubscription { price_id: foreign.price_id, ..input }).await;
        assert!(matches!(price, Err(StartError::UnknownPrice)));
        let product = attempt(StartSubscription { product_id: foreign.product_id, ..input }).await;
        assert!(matches!(product, Err(StartError::UnknownPrice)));
        let once = Offer::new(&db, owner.organization_id, PriceAmount::Free, None, None).await;
        assert!(matches!(
            attempt(once.start_for(&owner, None)).await,
            Err(StartError::NotRecurring)
        ));
        let foreign =
            percent_off(&db, stranger.organization_id, 1_000, DiscountDuration::Once).await;
        let discount = attempt(StartSubscription { discount_id: Some(foreign), ..input }).await;
        assert!(matches!(discount, Err(StartError::UnknownDiscount)));
        sqlx::query("update price set is_archived = true").execute(&db.pool).await.unwrap();
        assert!(matches!(attempt(input).await, Err(StartError::UnknownPrice)));
        assert_eq!(orders(&db).await, []);
    }

    #[tokio::test]
    async fn a_customer_does_not_start_one_itself() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let offer = Offer::monthly(&db, owner.organization_id).await;
        let refused =
            start(&db.pool, &mut db.cx_of(owner.clone()), offer.start_for(&owner, None)).await;
        assert!(matches!(refused, Err(StartError::Forbidden(_))));
    }
}
