//! The overview: the same few statements, however much there is.

use domain::money::{Currency, Money};
use domain::next_charge::NextCharge;
use sqlx::PgPool;

use crate::actor::MemberActor;
use crate::error::{InconsistencyError, QueryError};
use crate::order::{OrderRow, OrderSummary};
use crate::subscription::{self, SubscriptionSummary};

const RECENT_ORDERS_MAX: i64 = 5;

/// Orders that wait for their money.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenOrders {
    pub count: i64,
    /// One sum per currency.
    pub sums: Vec<Money>,
}

/// All that the overview shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Running ones first.
    pub subscriptions: Vec<SubscriptionSummary>,
    /// When false, orders and the next charge are left out: the member's role may not read them.
    pub can_read_billing: bool,
    /// May this member cancel and pay?
    pub can_write_billing: bool,
    /// The newest five.
    pub recent_orders: Vec<OrderSummary>,
    pub open_orders: OpenOrders,
    /// The earliest charge to come, of whichever subscription.
    pub next_charge: Option<NextCharge>,
}

/// Loads the overview of the customer for whom the member acts.
pub async fn load(db: &PgPool, actor: &MemberActor) -> Result<Overview, QueryError> {
    let subscriptions = subscription::list(db, actor).await?;
    let mut overview = Overview {
        subscriptions,
        can_read_billing: actor.role.can_read_billing(),
        can_write_billing: actor.role.can_write_billing(),
        recent_orders: Vec::new(),
        open_orders: OpenOrders::default(),
        next_charge: None,
    };
    if overview.can_read_billing {
        overview.recent_orders = recent_orders(db, actor).await?;
        overview.open_orders = open_orders(db, actor).await?;
        let charges = overview
            .subscriptions
            .iter()
            .filter_map(|subscription| subscription.next_charge.as_ref());
        overview.next_charge = charges.min_by_key(|charge| charge.at).cloned();
    }
    Ok(overview)
}

async fn recent_orders(db: &PgPool, actor: &MemberActor) -> Result<Vec<OrderSummary>, QueryError> {
    let rows = sqlx::query_as!(
        OrderRow,
        "select o.order_id, o.subscription_id, o.product_id, p.name as product_name, o.status, o.billing_reason, o.currency, o.total_minor,
            o.seats, o.period_start, o.period_end, o.created_at, o.paid_at
         from orders o
         join product p on p.organization_id = o.organization_id and p.product_id = o.product_id
         where o.organization_id = $1 and o.customer_id = $2 and o.status <> 'draft'
         order by o.created_at desc, o.order_id desc
         limit $3",
        actor.organization_id.as_uuid(),
        actor.customer_id.as_uuid(),
        RECENT_ORDERS_MAX,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| Ok(row.try_into()?)).collect()
}

async fn open_orders(db: &PgPool, actor: &MemberActor) -> Result<OpenOrders, QueryError> {
    let rows = sqlx::query!(
        r#"select currency, count(*) as "count!", sum(total_minor)::bigint as "sum_minor!"
         from orders
         where organization_id = $1 and customer_id = $2 and status = 'pending'
         group by currency
         order by currency"#,
        actor.organization_id.as_uuid(),
        actor.customer_id.as_uuid(),
    )
    .fetch_all(db)
    .await?;
    let mut open = OpenOrders::default();
    for row in rows {
        let currency = Currency::parse(&row.currency)
            .map_err(|_| InconsistencyError::new("orders", "currency", actor.customer_id))?;
        open.count += row.count;
        open.sums.push(Money::new(row.sum_minor, currency));
    }
    Ok(open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subscription::{CancelSubscription, cancel, run_due, start};
    use crate::test_support::billing::{Offer, subscribed};
    use crate::test_support::{TestDb, fixtures};
    use domain::order_amounts::OrderLineKind;
    use domain::role::MemberRole;
    use time::Duration;
    use time::macros::datetime;

    #[tokio::test]
    async fn the_next_charge_is_the_earliest_and_open_orders_are_summed() {
        let db = TestDb::new().await;
        let owner =
            fixtures::team_owner(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let seats = Offer::per_seat(&db, owner.organization_id).await;
        start(&db.pool, &mut db.cx(), seats.start_for(&owner, Some(3))).await.unwrap();
        db.clock.advance(Duration::days(10));
        let later = subscribed(&db, &owner).await;
        let overview = load(&db.pool, &owner).await.unwrap();
        let charge = overview.next_charge.unwrap();
        assert_eq!(
            (charge.at, charge.amounts.totals.total),
            (datetime!(2026-06-01 09:00 UTC), Money::new(3_000, Currency::EUR))
        );
        assert_eq!(
            (charge.amounts.lines[0].line.kind, charge.amounts.lines[0].line.quantity),
            (OrderLineKind::Seats, 3)
        );
        assert_eq!(
            overview.open_orders,
            OpenOrders { count: 2, sums: vec![Money::new(5_900, Currency::EUR)] }
        );
        assert_eq!((overview.subscriptions.len(), overview.recent_orders.len()), (2, 2));

        let first = overview.subscriptions[1].subscription_id;
        let input = CancelSubscription { subscription_id: first, reason: None, comment: None };
        cancel(&db.pool, &mut db.cx_of(owner.clone()), input).await.unwrap();
        let overview = load(&db.pool, &owner).await.unwrap();
        assert_eq!(
            overview.next_charge.unwrap().at,
            later.facts.current_period.end,
            "what was canceled is not charged"
        );
    }

    /// What the overview announces is what the renewal orders.
    #[tokio::test]
    async fn the_announced_charge_is_the_order_that_comes() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        Offer::with_trial(&db, owner.organization_id).await.subscribe(&db, &owner).await;
        for _ in 0..3 {
            let announced = load(&db.pool, &owner).await.unwrap().next_charge.unwrap();
            db.clock.set(announced.at);
            db.settled().await;
            assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1);
            let newest = load(&db.pool, &owner).await.unwrap().recent_orders.remove(0);
            assert_eq!(
                (newest.created_at, newest.total),
                (announced.at, announced.amounts.totals.total)
            );
        }
    }

    #[tokio::test]
    async fn a_plain_member_sees_subscriptions_but_no_orders_and_others_see_nothing() {
        let db = TestDb::new().await;
        let owner =
            fixtures::team_owner(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let member = fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::Member).await;
        let neighbour = fixtures::member(&db, owner.organization_id, "eve@example.com").await;
        subscribed(&db, &owner).await;
        let overview = load(&db.pool, &member).await.unwrap();
        assert!(
            !overview.can_read_billing
                && !overview.can_write_billing
                && overview.subscriptions.len() == 1
        );
        assert_eq!(
            (overview.recent_orders, overview.open_orders, overview.next_charge),
            (vec![], OpenOrders::default(), None)
        );
        let empty = load(&db.pool, &neighbour).await.unwrap();
        assert!(
            empty.can_read_billing
                && empty.subscriptions.is_empty()
                && empty.recent_orders.is_empty()
                && empty.next_charge.is_none()
        );
    }
}
