//! The orders that subscriptions make by themselves: the first, one for each period, and one for what is left when no period follows.

use domain::discount::AppliedDiscount;
use domain::id::{DiscountId, OrderId};
use domain::money::Money;
use domain::next_charge::{ChargeTerms, NextCharge, closing_amounts, next_charge, period_amounts};
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

/// What the next order will come to, with the change that waits for it; `None` when none follows.
pub(super) async fn announced(
    tx: &mut PgConnection,
    row: &SubscriptionRow,
    facts: &Subscription,
) -> Result<Option<NextCharge>, RunDueError> {
    let basis = Basis::read(tx, row).await?;
    let pending_update = row.pending_update()?;
    let terms = ChargeTerms { pending_update: pending_update.as_ref(), ..basis.terms(row)? };
    Ok(next_charge(facts, &terms).map_err(InsertOrderError::from)?)
}

/// The first order: of a trial over nothing, else for the first period.
pub(crate) async fn first(
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
        let attempt = NewAttempt {
            organization_id,
            order_id,
            customer_id,
            amount: total,
            trigger,
            is_on_session: false,
            payment_method_id: None,
            return_path: None,
            due_at: cx.now,
        };
        payment::prepare(tx, cx, attempt).await?;
    }
    Ok(order_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::MemberActor;
    use crate::customer;
    use crate::invariants;
    use crate::order;
    use crate::subscription::{
        CancelSubscription, PauseSubscription, StartSubscription, SubscriptionSummary, cancel, get,
        pause, run_due, start,
    };
    use crate::test_support::billing::{
        Offer, amount_off, charged, everything_allowed, german_buyer, german_details,
        german_seller, part_waits, percent_off, subscribed, update_scheduled,
    };
    use crate::test_support::{TestDb, fixtures};
    use domain::discount::DiscountDuration;
    use domain::id::SubscriptionId;
    use domain::money::Currency;
    use time::Duration;
    use uuid::Uuid;

    async fn in_germany(db: &TestDb) -> MemberActor {
        let organization_id = fixtures::organization(db, "acme").await;
        german_seller(db, organization_id).await;
        everything_allowed(db, organization_id).await;
        let owner = fixtures::team_owner(db, organization_id, "ada@example.com").await;
        german_buyer(db, &owner).await;
        owner
    }

    async fn read(db: &TestDb, owner: &MemberActor, id: SubscriptionId) -> SubscriptionSummary {
        get(&db.pool, &owner.clone().into(), id).await.unwrap().unwrap().summary
    }

    /// The newest order of the subscription, as its page shows it.
    async fn newest(db: &TestDb, owner: &MemberActor, id: SubscriptionId) -> order::OrderDetail {
        let order_id: Uuid = sqlx::query_scalar(
            "select order_id from orders where subscription_id = $1 order by created_at desc, order_id desc limit 1",
        )
        .bind(id.as_uuid())
        .fetch_one(&db.pool)
        .await
        .unwrap();
        order::get(&db.pool, &owner.clone().into(), order_id.into()).await.unwrap().unwrap()
    }

    /// Carries the subscription on to its next charge; the order is what was announced, line by line.
    async fn as_announced(
        db: &TestDb,
        owner: &MemberActor,
        id: SubscriptionId,
    ) -> order::OrderDetail {
        let announced = read(db, owner, id).await.next_charge.expect("a charge to come");
        db.clock.set(announced.at);
        db.settled().await;
        assert!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap() > 0);
        let made = newest(db, owner, id).await;
        assert_eq!(
            (made.totals, made.summary.created_at),
            (announced.amounts.totals, announced.at)
        );
        let lines: Vec<_> = announced
            .amounts
            .lines
            .iter()
            .map(|it| {
                let line = &it.line;
                (line.kind, line.label.clone(), line.amount_minor, it.discount_minor, it.tax_minor)
            })
            .collect();
        let items: Vec<_> = made
            .items
            .iter()
            .map(|it| (it.kind, it.label.clone(), it.amount.minor, it.discount.minor, it.tax.minor))
            .collect();
        assert_eq!(items, lines);
        assert_eq!(invariants::check(&db.pool, owner.organization_id).await.unwrap(), vec![]);
        made
    }

    #[tokio::test]
    async fn tax_is_that_of_the_moment_and_a_discount_lasts_as_long_as_it_says() {
        let db = TestDb::new().await;
        let owner = in_germany(&db).await;
        let offer = Offer::with_trial(&db, owner.organization_id).await;
        let twice = DiscountDuration::Repeating { months: 2 };
        let discount_id = percent_off(&db, owner.organization_id, 2_500, twice).await;
        let input =
            StartSubscription { discount_id: Some(discount_id), ..offer.start_for(&owner, None) };
        let started = start(&db.pool, &mut db.cx(), input).await.unwrap();
        let id = started.subscription_id;
        assert_eq!(newest(&db, &owner, id).await.totals.total.minor, 0, "the trial is free");
        for _ in 0..2 {
            assert!(read(&db, &owner, id).await.discount.unwrap().covers_next_period);
            let order = as_announced(&db, &owner, id).await;
            // 2900 − 725 = 2175, and 19 % of it.
            assert_eq!((order.totals.discount.minor, order.totals.total.minor), (725, 2_588));
        }
        assert!(!read(&db, &owner, id).await.discount.unwrap().covers_next_period);
        let order = as_announced(&db, &owner, id).await;
        assert_eq!((order.totals.discount.minor, order.totals.total.minor), (0, 3_451));
        // The customer turns out to be a business in another country.
        let mut details = german_details();
        details.address.country = "AT".into();
        details.address.postal_code = "1010".into();
        details.tax_id = "ATU12345675".into();
        let (organization_id, customer_id) = (owner.organization_id, owner.customer_id);
        customer::update_billing_details(
            &db.pool,
            &mut db.cx_of(owner.clone()),
            organization_id,
            customer_id,
            details,
        )
        .await
        .unwrap();
        let order = as_announced(&db, &owner, id).await;
        assert_eq!((order.totals.tax.minor, order.totals.total.minor), (0, 2_900));
        assert_eq!(order.items[0].tax_rate.reason.as_str(), "reverse_charge");
    }

    #[tokio::test]
    async fn a_fixed_discount_takes_off_its_amount_once() {
        let db = TestDb::new().await;
        let owner = in_germany(&db).await;
        let offer = Offer::monthly(&db, owner.organization_id).await;
        let amounts = vec![Money::new(1_000, Currency::EUR), Money::new(1_200, Currency::USD)];
        let once = DiscountDuration::Once;
        let discount_id = amount_off(&db, owner.organization_id, amounts, once).await;
        let input =
            StartSubscription { discount_id: Some(discount_id), ..offer.start_for(&owner, None) };
        let id = start(&db.pool, &mut db.cx(), input).await.unwrap().subscription_id;
        assert_eq!(newest(&db, &owner, id).await.totals.total.minor, 2_261);
        assert_eq!(as_announced(&db, &owner, id).await.totals.total.minor, 3_451);
    }

    #[tokio::test]
    async fn a_scheduled_change_takes_effect_with_the_new_period() {
        let db = TestDb::new().await;
        let owner = in_germany(&db).await;
        let started = subscribed(&db, &owner).await;
        let (id, end) = (started.subscription_id, started.facts.current_period.end);
        let yearly = Offer::yearly(&db, owner.organization_id).await;
        update_scheduled(&db, id, Some(yearly), None).await;
        let order = as_announced(&db, &owner, id).await;
        assert_eq!(order.totals.total.minor, 34_510);
        assert_eq!(order.summary.product_name, "Pro yearly");
        let after = read(&db, &owner, id).await;
        assert_eq!((after.product_id, after.price_id), (yearly.product_id, yearly.price_id));
        assert_eq!((after.pending_update, after.facts.amount.minor), (None, 29_000));
        assert_eq!(after.facts.billing_anchor_at, end);
        assert!(fixtures::event_types(&db).await.contains(&"subscription.updated".to_owned()));
    }

    #[tokio::test]
    async fn seats_change_with_the_period_too() {
        let db = TestDb::new().await;
        let owner = in_germany(&db).await;
        let offer = Offer::per_seat(&db, owner.organization_id).await;
        let input = offer.start_for(&owner, Some(5));
        let id = start(&db.pool, &mut db.cx(), input).await.unwrap().subscription_id;
        update_scheduled(&db, id, None, Some(3)).await;
        let order = as_announced(&db, &owner, id).await;
        assert_eq!((order.items[0].quantity, order.totals.total.minor), (3, 3_570));
    }

    #[tokio::test]
    async fn what_waited_is_billed_once_and_a_credit_is_carried_on() {
        let db = TestDb::new().await;
        let owner = in_germany(&db).await;
        let id = subscribed(&db, &owner).await.subscription_id;
        let part = async |amount_minor| {
            part_waits(&db, owner.organization_id, id, amount_minor).await;
        };
        part(1_500).await;
        part(-300).await;
        let order = as_announced(&db, &owner, id).await;
        assert_eq!((order.items.len(), order.totals.total.minor), (3, 4_879));
        part(-5_000).await;
        let order = as_announced(&db, &owner, id).await;
        assert_eq!((order.totals.total.minor, order.totals.tax.minor), (0, 0));
        // 2900 − 5000: 2100 are left for the next one, 800 of it are used up there.
        let order = as_announced(&db, &owner, id).await;
        assert_eq!(order.items[1].amount.minor, -2_100);
        assert_eq!(order.totals.total.minor, 952);
        assert_eq!(as_announced(&db, &owner, id).await.totals.total.minor, 3_451);
    }

    #[tokio::test]
    async fn what_waited_is_billed_even_when_it_ends_or_rests() {
        let db = TestDb::new().await;
        let owner = in_germany(&db).await;
        let ends = subscribed(&db, &owner).await.subscription_id;
        db.clock.advance(Duration::HOUR);
        let rests = subscribed(&db, &owner).await.subscription_id;
        for id in [ends, rests] {
            part_waits(&db, owner.organization_id, id, 1_000).await;
        }
        let input = CancelSubscription { subscription_id: ends, reason: None, comment: None };
        cancel(&db.pool, &mut db.cx_of(owner.clone()), input).await.unwrap();
        let input = PauseSubscription { subscription_id: rests, resumes_at: None };
        pause(&db.pool, &mut db.cx_of(owner.clone()), input).await.unwrap();
        for id in [ends, rests] {
            let order = as_announced(&db, &owner, id).await;
            assert_eq!((order.items.len(), order.totals.total.minor), (1, 1_190));
            assert_eq!(read(&db, &owner, id).await.next_charge, None);
        }
    }

    #[tokio::test]
    async fn what_is_to_be_paid_is_charged_where_somebody_charges() {
        let db = TestDb::new().await;
        let owner = in_germany(&db).await;
        charged(&db, owner.organization_id).await;
        let offer = Offer::with_trial(&db, owner.organization_id).await;
        let id = offer.subscribe(&db, &owner).await.subscription_id;
        let attempts = async || -> Vec<(String, i64, time::OffsetDateTime)> {
            sqlx::query_as("select trigger, amount_minor, due_at from payment_attempt")
                .fetch_all(&db.pool)
                .await
                .unwrap()
        };
        assert_eq!(attempts().await, [], "a trial costs nothing");
        as_announced(&db, &owner, id).await;
        assert_eq!(attempts().await, [("subscription_cycle".to_owned(), 3_451, db.now())]);
    }

    #[tokio::test]
    async fn a_change_that_waits_for_its_payment_holds_the_renewal_up() {
        let db = TestDb::new().await;
        let owner = in_germany(&db).await;
        let started = subscribed(&db, &owner).await;
        let id = started.subscription_id;
        crate::test_support::billing::change_pending(&db, id).await;
        db.clock.set(started.facts.current_period.end);
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 0);
        assert_eq!(crate::subscription::next_due_at(&db.pool, None).await.unwrap(), None);
        let open = read(&db, &owner, id).await.open_change.unwrap();
        assert_eq!(open.kind.as_str(), "seats");
        sqlx::query("update subscription_change set state = 'refused', settled_at = created_at")
            .execute(&db.pool)
            .await
            .unwrap();
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1);
    }
}
