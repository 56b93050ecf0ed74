//! A customer's orders, page by page.

use domain::id::SubscriptionId;
use domain::order::{OrderStatus, OrderStatusFilter};
use sqlx::PgPool;

use super::summary::{OrderRow, OrderSummary};
use crate::actor::MemberActor;
use crate::error::QueryError;
use crate::page::{Count, EXACT_COUNT_MAX, Page, PageRequest};

/// Which orders to list. Drafts are never shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OrderFilter {
    pub status: Option<OrderStatusFilter>,
    pub subscription_id: Option<SubscriptionId>,
}

impl OrderFilter {
    fn statuses(self) -> Vec<String> {
        let shown = |status: &&OrderStatus| match self.status {
            Some(filter) => filter.statuses().contains(status),
            None => **status != OrderStatus::Draft,
        };
        OrderStatus::ALL.iter().filter(shown).map(ToString::to_string).collect()
    }
}

/// The orders of the customer for whom the member acts, newest first.
///
/// # Errors
/// `Forbidden` for roles that may not read billing.
pub async fn list(
    db: &PgPool,
    actor: &MemberActor,
    filter: OrderFilter,
    page: PageRequest,
) -> Result<Page<OrderSummary>, QueryError> {
    actor.billing_reader()?;
    let statuses = filter.statuses();
    let subscription_id = filter.subscription_id.map(SubscriptionId::as_uuid);
    let rows = sqlx::query_as!(
        OrderRow,
        "select o.order_id, o.subscription_id, o.product_id, p.name as product_name, o.status, o.billing_reason, o.currency, o.total_minor,
            o.seats, o.period_start, o.period_end, o.created_at, o.paid_at
         from orders o
         join product p on p.organization_id = o.organization_id and p.product_id = o.product_id
         where o.organization_id = $1 and o.customer_id = $2 and o.status = any ($3) and ($4::uuid is null or o.subscription_id = $4)
         order by o.created_at desc, o.order_id desc
         limit $5 offset $6",
        actor.organization_id.as_uuid(),
        actor.customer_id.as_uuid(),
        &statuses,
        subscription_id,
        page.limit(),
        page.offset(),
    )
    .fetch_all(db)
    .await?;
    let counted = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
            select from orders o
            where o.organization_id = $1 and o.customer_id = $2 and o.status = any ($3) and ($4::uuid is null or o.subscription_id = $4)
            limit $5) as counted"#,
        actor.organization_id.as_uuid(),
        actor.customer_id.as_uuid(),
        &statuses,
        subscription_id,
        EXACT_COUNT_MAX + 1,
    )
    .fetch_one(db)
    .await?;
    let items = rows.into_iter().map(OrderSummary::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::new(items, Count::from_bounded(counted), page))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Actor;
    use crate::order::{get, record_payment};
    use crate::subscription::run_due;
    use crate::test_support::billing::{Offer, subscribed};
    use crate::test_support::{TestDb, fixtures};
    use domain::money::{Currency, Money};
    use domain::role::MemberRole;
    use time::Duration;
    use uuid::Uuid;

    fn page(page: i64, limit: i64) -> PageRequest {
        PageRequest::new(page, limit).unwrap()
    }

    #[tokio::test]
    async fn orders_come_newest_first_by_pages_and_filters() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let offer = Offer::monthly(&db, owner.organization_id).await;
        let started = offer.subscribe(&db, &owner).await;
        db.clock.advance(Duration::minutes(1));
        let other = offer.subscribe(&db, &owner).await;
        db.clock.advance(Duration::days(62));
        run_due(&db.pool, &mut db.cx(), 100).await.unwrap();
        record_payment(&db.pool, &mut db.cx(), owner.organization_id, started.order_id)
            .await
            .unwrap();

        let all = OrderFilter::default();
        let first = list(&db.pool, &owner, all, page(1, 4)).await.unwrap();
        let second = list(&db.pool, &owner, all, page(2, 4)).await.unwrap();
        assert_eq!((first.items.len(), second.items.len(), first.total), (4, 2, Count::Exact(6)));
        let everything: Vec<_> = first.items.iter().chain(&second.items).collect();
        assert!(everything.is_sorted_by(|a, b| a.created_at >= b.created_at));
        assert_eq!(list(&db.pool, &owner, all, page(3, 4)).await.unwrap().items, vec![]);

        let filtered = async |filter| list(&db.pool, &owner, filter, page(1, 100)).await.unwrap();
        let paid = filtered(OrderFilter { status: Some(OrderStatusFilter::Paid), ..all }).await;
        assert_eq!(
            paid.items.iter().map(|order| order.order_id).collect::<Vec<_>>(),
            [started.order_id]
        );
        assert_eq!(
            filtered(OrderFilter { status: Some(OrderStatusFilter::Open), ..all }).await.total,
            Count::Exact(5)
        );
        assert_eq!(
            filtered(OrderFilter { status: Some(OrderStatusFilter::Void), ..all }).await.total,
            Count::Exact(0)
        );
        let of_one =
            filtered(OrderFilter { subscription_id: Some(other.subscription_id), ..all }).await;
        assert!(
            of_one.items.len() == 3
                && of_one
                    .items
                    .iter()
                    .all(|order| order.subscription_id == Some(other.subscription_id))
        );
    }

    #[tokio::test]
    async fn an_order_shows_its_lines_and_sums() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let started = subscribed(&db, &owner).await;
        let order = get(&db.pool, &owner.clone().into(), started.order_id).await.unwrap().unwrap();
        let amount = Money::new(2_900, Currency::EUR);
        assert_eq!((order.totals.subtotal, order.totals.total), (amount, amount));
        assert_eq!(order.items.len(), 1);
        assert_eq!(
            (order.items[0].label.as_str(), order.items[0].quantity, order.items[0].amount),
            ("Pro", 1, amount)
        );
        assert_eq!(order.summary.period, Some(started.facts.current_period));
    }

    #[tokio::test]
    async fn roles_and_other_customers_are_kept_out() {
        let db = TestDb::new().await;
        let owner =
            fixtures::team_owner(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let manager =
            fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::BillingManager).await;
        let member = fixtures::colleague(&db, &owner, "cleo@example.com", MemberRole::Member).await;
        let neighbour = fixtures::member(&db, owner.organization_id, "eve@example.com").await;
        let stranger =
            fixtures::member(&db, fixtures::organization(&db, "other").await, "ada@example.com")
                .await;
        let order_id = subscribed(&db, &owner).await.order_id;
        let all = OrderFilter::default();
        assert_eq!(list(&db.pool, &manager, all, page(1, 10)).await.unwrap().items.len(), 1);
        assert!(matches!(
            list(&db.pool, &member, all, page(1, 10)).await,
            Err(QueryError::Forbidden(_))
        ));
        assert!(matches!(
            get(&db.pool, &member.into(), order_id).await,
            Err(QueryError::Forbidden(_))
        ));
        for actor in [neighbour, stranger] {
            assert_eq!(list(&db.pool, &actor, all, page(1, 10)).await.unwrap().items, vec![]);
            assert_eq!(get(&db.pool, &actor.into(), order_id).await.unwrap(), None);
        }
        assert_eq!(get(&db.pool, &owner.clone().into(), Uuid::nil().into()).await.unwrap(), None);
        let organization = Actor::System { organization_id: Some(owner.organization_id) };
        assert!(get(&db.pool, &organization, order_id).await.unwrap().is_some());
    }
}
