//! Which subscriptions a list of the API shows, in which order.

use domain::id::{ProductId, SubscriptionId};
use sqlx::{PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::actor::MemberActor;
use crate::error::QueryError;
use crate::page::{Page, PageRequest};
use crate::sorting::{containing, page_of_ids};

/// Which subscriptions; everything given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscriptionFilter {
    /// One of these; any when empty.
    pub product_ids: Vec<ProductId>,
    /// `true`: trialing or active. `false`: ended.
    pub is_active: Option<bool>,
    /// Somewhere in the product's name.
    pub text: Option<String>,
}

/// By what subscriptions can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionSort {
    StartedAt,
    Amount,
    Status,
    /// The organization's name: the same for all of a customer.
    Organization,
    Product,
}

impl SubscriptionSort {
    const fn column(self) -> &'static str {
        match self {
            Self::StartedAt => "s.started_at",
            Self::Amount => "s.amount_minor",
            Self::Status => "s.status",
            Self::Organization => "s.organization_id",
            Self::Product => "p.name",
        }
    }
}

/// A page of the subscriptions of the customer for whom the member acts, every role may look; each sort with whether it descends.
///
/// # Errors
/// [`QueryError::Database`].
pub async fn page_of(
    db: &PgPool,
    actor: &MemberActor,
    filter: &SubscriptionFilter,
    sorting: &[(SubscriptionSort, bool)],
    page: PageRequest,
) -> Result<Page<SubscriptionId>, QueryError> {
    let columns: Vec<_> =
        sorting.iter().map(|(sort, descends)| (sort.column(), *descends)).collect();
    let matching = |query: &mut QueryBuilder<Postgres>| matching(query, actor, filter);
    Ok(page_of_ids(db, "s.subscription_id", &columns, page, matching).await?)
}

/// Whether the subscription is one that the member's customer sees.
///
/// # Errors
/// [`QueryError::Database`].
pub async fn is_of(
    db: &PgPool,
    actor: &MemberActor,
    subscription_id: SubscriptionId,
) -> Result<bool, QueryError> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from subscription
            where organization_id = $1 and customer_id = $2 and subscription_id = $3 and started_at is not null) as "found!""#,
        actor.organization_id.as_uuid(),
        actor.customer_id.as_uuid(),
        subscription_id.as_uuid(),
    )
    .fetch_one(db)
    .await?;
    Ok(found)
}

fn matching(query: &mut QueryBuilder<Postgres>, actor: &MemberActor, filter: &SubscriptionFilter) {
    query.push(" from subscription s");
    query.push(
        " join product p on p.organization_id = s.organization_id and p.product_id = s.product_id",
    );
    query.push(" where s.started_at is not null and s.organization_id = ");
    query.push_bind(actor.organization_id.as_uuid());
    query.push(" and s.customer_id = ").push_bind(actor.customer_id.as_uuid());
    if !filter.product_ids.is_empty() {
        let ids: Vec<Uuid> = filter.product_ids.iter().map(|id| id.as_uuid()).collect();
        query.push(" and s.product_id = any (").push_bind(ids).push(")");
    }
    match filter.is_active {
        Some(true) => {
            query.push(" and s.status in ('trialing', 'active')");
        }
        Some(false) => {
            query.push(" and s.status in ('canceled', 'unpaid')");
        }
        None => {}
    }
    if let Some(text) = &filter.text {
        query.push(" and p.name ilike ").push_bind(containing(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Count;
    use crate::subscription::{CancelSubscription, cancel, records, run_due};
    use crate::test_support::billing::Offer;
    use crate::test_support::{TestDb, fixtures};
    use domain::role::MemberRole;
    use time::Duration;

    const NEWEST: &[(SubscriptionSort, bool)] = &[(SubscriptionSort::StartedAt, true)];

    #[tokio::test]
    async fn filters_hold_together_and_sorts_follow_one_another() {
        let db = TestDb::new().await;
        let owner =
            fixtures::team_owner(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let offer = Offer::monthly(&db, owner.organization_id).await;
        let first = offer.subscribe(&db, &owner).await.subscription_id;
        db.clock.advance(Duration::hours(1));
        let second = offer.subscribe(&db, &owner).await.subscription_id;
        let input = CancelSubscription { subscription_id: first, reason: None, comment: None };
        cancel(&db.pool, &mut db.cx_of(owner.clone()), input).await.unwrap();
        db.clock.advance(Duration::days(32));
        run_due(&db.pool, &mut db.cx(), 10).await.unwrap();

        let ids = async |filter: SubscriptionFilter, sorting: &[(SubscriptionSort, bool)]| {
            page_of(&db.pool, &owner, &filter, sorting, PageRequest::FIRST).await.unwrap().items
        };
        let all = SubscriptionFilter::default;
        assert_eq!(ids(all(), NEWEST).await, [second, first]);
        assert_eq!(ids(all(), &[(SubscriptionSort::StartedAt, false)]).await, [first, second]);
        let by = [(SubscriptionSort::Product, false), (SubscriptionSort::Status, true)];
        assert_eq!(ids(all(), &by).await, [first, second], "canceled comes after active");
        let of = |is_active| SubscriptionFilter { is_active: Some(is_active), ..all() };
        assert_eq!(ids(of(true), NEWEST).await, [second]);
        assert_eq!(ids(of(false), NEWEST).await, [first]);
        let named = |text: &str| SubscriptionFilter { text: Some(text.into()), ..all() };
        assert_eq!(ids(named("PR"), NEWEST).await.len(), 2);
        for none in ["%", "_", "\\", "x"] {
            assert_eq!(ids(named(none), NEWEST).await, [], "{none}");
        }
        let product_ids = vec![Uuid::nil().into()];
        assert_eq!(ids(SubscriptionFilter { product_ids, ..all() }, NEWEST).await, []);
        let last = PageRequest::new(2, 1).unwrap();
        let page = page_of(&db.pool, &owner, &all(), NEWEST, last).await.unwrap();
        assert_eq!((page.items.as_slice(), page.total), (&[first][..], Count::Exact(2)));

        let found = records(&db.pool, owner.organization_id, &[first, second]).await.unwrap();
        assert_eq!(found[&first].ended_at, found[&first].ends_at);
        assert_eq!(found[&second].amount.minor, 2_900);
    }

    #[tokio::test]
    async fn each_sees_its_own() {
        let db = TestDb::new().await;
        let owner =
            fixtures::team_owner(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let member = fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::Member).await;
        let neighbour = fixtures::member(&db, owner.organization_id, "eve@example.com").await;
        let stranger =
            fixtures::member(&db, fixtures::organization(&db, "other").await, "ada@example.com")
                .await;
        let offer = Offer::monthly(&db, owner.organization_id).await;
        let own = offer.subscribe(&db, &owner).await.subscription_id;
        let all = SubscriptionFilter::default();
        for (actor, expected) in [(&owner, 1), (&member, 1), (&neighbour, 0), (&stranger, 0)] {
            let page = page_of(&db.pool, actor, &all, NEWEST, PageRequest::FIRST).await.unwrap();
            assert_eq!(page.items.len(), expected);
            assert_eq!(is_of(&db.pool, actor, own).await.unwrap(), expected == 1);
        }
        assert!(records(&db.pool, stranger.organization_id, &[own]).await.unwrap().is_empty());
    }
}
