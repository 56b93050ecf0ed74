//! Which orders a list of the API shows, in which order.

use domain::id::{OrderId, ProductId, SubscriptionId};
use sqlx::{PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::actor::MemberActor;
use crate::error::QueryError;
use crate::page::{Page, PageRequest};
use crate::sorting::{containing, page_of_ids};

/// Which orders; everything given must hold. Drafts are never shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderSearch {
    /// One of these; any when empty.
    pub product_ids: Vec<ProductId>,
    pub subscription_ids: Vec<SubscriptionId>,
    /// Of products that recur, or are sold once.
    pub is_recurring: Option<bool>,
    /// Somewhere in the product's name.
    pub text: Option<String>,
}

/// By what orders can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderSort {
    CreatedAt,
    /// After discount, without tax.
    NetAmount,
    Product,
    Subscription,
}

impl OrderSort {
    const fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "o.created_at",
            Self::NetAmount => "(o.total_minor - o.tax_minor)",
            Self::Product => "p.name",
            Self::Subscription => "o.subscription_id",
        }
    }
}

/// A page of the orders of the customer for whom the member acts; each sort with whether it descends.
///
/// # Errors
/// `Forbidden` for roles that may not read billing.
pub async fn page_of(
    db: &PgPool,
    actor: &MemberActor,
    search: &OrderSearch,
    sorting: &[(OrderSort, bool)],
    page: PageRequest,
) -> Result<Page<OrderId>, QueryError> {
    actor.billing_reader()?;
    let columns: Vec<_> =
        sorting.iter().map(|(sort, descends)| (sort.column(), *descends)).collect();
    let matching = |query: &mut QueryBuilder<Postgres>| matching(query, actor, search);
    Ok(page_of_ids(db, "o.order_id", &columns, page, matching).await?)
}

fn matching(query: &mut QueryBuilder<Postgres>, actor: &MemberActor, search: &OrderSearch) {
    query.push(" from orders o");
    query.push(
        " join product p on p.organization_id = o.organization_id and p.product_id = o.product_id",
    );
    query.push(" where o.status <> 'draft' and o.organization_id = ");
    query.push_bind(actor.organization_id.as_uuid());
    query.push(" and o.customer_id = ").push_bind(actor.customer_id.as_uuid());
    if !search.product_ids.is_empty() {
        let ids: Vec<Uuid> = search.product_ids.iter().map(|id| id.as_uuid()).collect();
        query.push(" and o.product_id = any (").push_bind(ids).push(")");
    }
    if !search.subscription_ids.is_empty() {
        let ids: Vec<Uuid> = search.subscription_ids.iter().map(|id| id.as_uuid()).collect();
        query.push(" and o.subscription_id = any (").push_bind(ids).push(")");
    }
    if let Some(is_recurring) = search.is_recurring {
        query.push(" and (p.recurring_interval is not null) = ").push_bind(is_recurring);
    }
    if let Some(text) = &search.text {
        query.push(" and p.name ilike ").push_bind(containing(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::records;
    use crate::page::Count;
    use crate::subscription::run_due;
    use crate::test_support::billing::Offer;
    use crate::test_support::{TestDb, fixtures};
    use domain::role::MemberRole;
    use time::Duration;

    const NEWEST: &[(OrderSort, bool)] = &[(OrderSort::CreatedAt, true)];

    #[tokio::test]
    async fn orders_are_found_sorted_and_read_whole() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let offer = Offer::monthly(&db, owner.organization_id).await;
        let started = offer.subscribe(&db, &owner).await;
        db.clock.advance(Duration::hours(1));
        let other = offer.subscribe(&db, &owner).await;
        db.clock.advance(Duration::days(32));
        run_due(&db.pool, &mut db.cx(), 10).await.unwrap();

        let find = async |search: OrderSearch, sorting: &[(OrderSort, bool)]| {
            page_of(&db.pool, &owner, &search, sorting, PageRequest::FIRST).await.unwrap()
        };
        let all = OrderSearch::default;
        let newest = find(all(), NEWEST).await;
        assert_eq!((newest.items.len(), newest.total), (4, Count::Exact(4)));
        let oldest = find(all(), &[(OrderSort::CreatedAt, false)]).await.items;
        assert_eq!(oldest, newest.items.iter().rev().copied().collect::<Vec<_>>());
        assert_eq!(oldest[0], started.order_id);
        let of_other = OrderSearch { subscription_ids: vec![other.subscription_id], ..all() };
        assert_eq!(find(of_other, NEWEST).await.total, Count::Exact(2));
        for (search, expected) in [
            (OrderSearch { is_recurring: Some(true), ..all() }, 4),
            (OrderSearch { is_recurring: Some(false), ..all() }, 0),
            (OrderSearch { text: Some("pro".into()), ..all() }, 4),
            (OrderSearch { text: Some("%".into()), ..all() }, 0),
            (OrderSearch { product_ids: vec![Uuid::nil().into()], ..all() }, 0),
        ] {
            assert_eq!(find(search.clone(), NEWEST).await.total.known(), expected, "{search:?}");
        }
        let sorted = [(OrderSort::NetAmount, false), (OrderSort::Subscription, true)];
        assert_eq!(find(all(), &sorted).await.items.len(), 4);

        let found = records(&db.pool, owner.organization_id, &newest.items).await.unwrap();
        let first = &found[&started.order_id];
        assert_eq!((first.items.len(), first.items[0].amount.minor), (1, 2_900));
        assert_eq!(first.product_name, "Pro");
    }

    #[tokio::test]
    async fn roles_and_other_customers_are_kept_out() {
        let db = TestDb::new().await;
        let owner =
            fixtures::team_owner(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let member = fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::Member).await;
        let neighbour = fixtures::member(&db, owner.organization_id, "eve@example.com").await;
        let offer = Offer::monthly(&db, owner.organization_id).await;
        offer.subscribe(&db, &owner).await;
        let all = OrderSearch::default();
        let list = async |actor| page_of(&db.pool, actor, &all, NEWEST, PageRequest::FIRST).await;
        assert_eq!(list(&owner).await.unwrap().items.len(), 1);
        assert_eq!(list(&neighbour).await.unwrap().items, []);
        assert!(matches!(list(&member).await, Err(QueryError::Forbidden(_))));
    }
}
