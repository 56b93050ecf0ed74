//! Which of an organization's subscriptions a list of the API shows, in which order.

use domain::id::{CustomerId, DiscountId, MemberId, OrganizationId, ProductId, SubscriptionId};
use domain::subscription::{CancellationReason, SubscriptionStatus};
use sqlx::{PgPool, Postgres, QueryBuilder};
use time::OffsetDateTime;

use crate::actor::{Actor, MemberActor};
use crate::error::{Forbidden, QueryError};
use crate::metadata::{MetadataFilter, push_filter};
use crate::page::{Count, EXACT_COUNT_MAX, Page, PageRequest};
use crate::sorting::{
    of_external_customers, one_of, one_of_texts, page_of_growing_ids, page_of_ids,
};

/// Which subscriptions; everything given must hold. Lists: one of these; any when empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscriptionSearch {
    pub product_ids: Vec<ProductId>,
    pub customer_ids: Vec<CustomerId>,
    pub external_customer_ids: Vec<String>,
    pub discount_ids: Vec<DiscountId>,
    /// `true`: trialing or active. `false`: ended.
    pub is_active: Option<bool>,
    pub statuses: Vec<SubscriptionStatus>,
    pub cancel_at_period_end: Option<bool>,
    pub cancellation_reasons: Vec<CancellationReason>,
    /// The instant itself is included, in all four.
    pub canceled_from: Option<OffsetDateTime>,
    pub canceled_to: Option<OffsetDateTime>,
    pub started_from: Option<OffsetDateTime>,
    pub started_to: Option<OffsetDateTime>,
    pub metadata: MetadataFilter,
}

/// By what an organization's subscriptions can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionSearchSort {
    /// The customer's address.
    Customer,
    Status,
    StartedAt,
    CurrentPeriodEnd,
    EndedAt,
    EndsAt,
    Amount,
    Product,
    Discount,
}

impl SubscriptionSearchSort {
    const fn column(self) -> &'static str {
        match self {
            Self::Customer => {
                "(select lower(c.email) from customer c where c.organization_id = s.organization_id and c.customer_id = s.customer_id)"
            }
            Self::Status => "s.status",
            Self::StartedAt => "s.started_at",
            Self::CurrentPeriodEnd => "s.current_period_end",
            Self::EndedAt => "s.ended_at",
            Self::EndsAt => "s.ends_at",
            Self::Amount => "s.amount_minor",
            Self::Product => {
                "(select p.name from product p where p.organization_id = s.organization_id and p.product_id = s.product_id)"
            }
            Self::Discount => {
                "(select d.name from discount d where d.organization_id = s.organization_id and d.discount_id = s.discount_id)"
            }
        }
    }
}

/// A page of an organization's subscriptions; each sort with whether it descends.
///
/// # Errors
/// `Forbidden` for all but the organization itself.
pub async fn search(
    db: &PgPool,
    actor: &Actor,
    search: &SubscriptionSearch,
    sorting: &[(SubscriptionSearchSort, bool)],
    page: PageRequest,
) -> Result<Page<SubscriptionId>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.staff(organization_id)?;
    let columns: Vec<_> =
        sorting.iter().map(|(sort, descends)| (sort.column(), *descends)).collect();
    let matching = |query: &mut QueryBuilder<Postgres>| matching(query, organization_id, search);
    let found = if search == &SubscriptionSearch::default() {
        page_of_growing_ids(db, organization_id, "s.subscription_id", &columns, page, matching)
            .await?
    } else {
        page_of_ids(db, "s.subscription_id", &columns, page, matching).await?
    };
    Ok(found)
}

/// A page of the subscriptions in which the member uses a seat, the newest first.
///
/// # Errors
/// [`QueryError::Database`].
pub async fn with_seat_of(
    db: &PgPool,
    actor: &MemberActor,
    page: PageRequest,
) -> Result<Page<SubscriptionId>, QueryError> {
    let (organization_id, member_id): (OrganizationId, MemberId) =
        (actor.organization_id, actor.member_id);
    let rows = sqlx::query_scalar!(
        "select t.subscription_id from customer_seat t
         join subscription s on s.organization_id = t.organization_id and s.subscription_id = t.subscription_id
         where t.organization_id = $1 and t.member_id = $2 and t.status = 'claimed'
         order by s.started_at desc, t.subscription_id desc
         limit $3 offset $4",
        organization_id.as_uuid(),
        member_id.as_uuid(),
        page.limit(),
        page.offset(),
    )
    .fetch_all(db)
    .await?;
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
            select from customer_seat where organization_id = $1 and member_id = $2 and status = 'claimed' limit $3) as counted"#,
        organization_id.as_uuid(),
        member_id.as_uuid(),
        EXACT_COUNT_MAX + 1,
    )
    .fetch_one(db)
    .await?;
    let items = rows.into_iter().map(Into::into).collect();
    Ok(Page::new(items, Count::from_bounded(count), page))
}

fn matching(
    query: &mut QueryBuilder<Postgres>,
    organization_id: OrganizationId,
    search: &SubscriptionSearch,
) {
    query.push(" from subscription s where s.started_at is not null and s.organization_id = ");
    query.push_bind(organization_id.as_uuid());
    one_of(query, "s.product_id", search.product_ids.iter().map(|id| id.as_uuid()).collect());
    one_of(query, "s.customer_id", search.customer_ids.iter().map(|id| id.as_uuid()).collect());
    one_of(query, "s.discount_id", search.discount_ids.iter().map(|id| id.as_uuid()).collect());
    of_external_customers(query, "s", organization_id, &search.external_customer_ids);
    one_of_texts(query, "s.status", search.statuses.iter().map(|status| status.as_str()));
    let reasons = search.cancellation_reasons.iter().map(|reason| reason.as_str());
    one_of_texts(query, "s.cancellation_reason", reasons);
    match search.is_active {
        Some(true) => {
            query.push(" and s.status in ('trialing', 'active')");
        }
        Some(false) => {
            query.push(" and s.status in ('canceled', 'unpaid')");
        }
        None => {}
    }
    if let Some(is_canceling) = search.cancel_at_period_end {
        query.push(" and s.cancel_at_period_end = ").push_bind(is_canceling);
    }
    for (condition, instant) in [
        (" and s.canceled_at >= ", search.canceled_from),
        (" and s.canceled_at <= ", search.canceled_to),
        (" and s.started_at >= ", search.started_from),
        (" and s.started_at <= ", search.started_to),
    ] {
        if let Some(instant) = instant {
            query.push(condition).push_bind(instant);
        }
    }
    push_filter(query, "s.metadata", &search.metadata);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subscription::{CancelSubscription, cancel};
    use crate::test_support::billing::Offer;
    use crate::test_support::{TestDb, fixtures};
    use time::Duration;
    use uuid::Uuid;

    const NEWEST: &[(SubscriptionSearchSort, bool)] = &[(SubscriptionSearchSort::StartedAt, true)];

    #[tokio::test]
    async fn every_filter_tells_two_apart_and_every_sort_holds() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let bob = fixtures::member(&db, organization_id, "bob@example.com").await;
        let pro = Offer::monthly(&db, organization_id).await;
        let business = Offer::business(&db, organization_id).await;
        let first = pro.subscribe(&db, &ada).await.subscription_id;
        db.clock.advance(Duration::hours(1));
        let between = db.now();
        db.clock.advance(Duration::hours(1));
        let second = business.subscribe(&db, &bob).await.subscription_id;
        let actor = Actor::System { organization_id: Some(organization_id) };
        let mut cx = db.cx_of(actor.clone());
        let input = CancelSubscription {
            subscription_id: second,
            reason: Some(CancellationReason::Unused),
            comment: None,
        };
        cancel(&db.pool, &mut cx, input).await.unwrap();
        for statement in [
            "update customer set external_id = 'ada' where email = 'ada@example.com'",
            "update subscription set metadata = '{\"tier\": \"gold\", \"level\": 3}' where amount_minor = 2900",
        ] {
            sqlx::query(statement).execute(&db.pool).await.unwrap();
        }
        let ids = async |filter: SubscriptionSearch, sorting: &[(SubscriptionSearchSort, bool)]| {
            search(&db.pool, &actor, &filter, sorting, PageRequest::FIRST).await.unwrap().items
        };
        let all = SubscriptionSearch::default;
        assert_eq!(ids(all(), NEWEST).await, [second, first]);
        let noted = |key: &str, value: &str| SubscriptionSearch {
            metadata: [(key.to_owned(), vec![value.to_owned()])].into(),
            ..all()
        };
        for (filter, expected) in [
            (SubscriptionSearch { product_ids: vec![pro.product_id], ..all() }, first),
            (SubscriptionSearch { customer_ids: vec![bob.customer_id], ..all() }, second),
            (SubscriptionSearch { external_customer_ids: vec!["ada".into()], ..all() }, first),
            (SubscriptionSearch { cancel_at_period_end: Some(true), ..all() }, second),
            (SubscriptionSearch { cancel_at_period_end: Some(false), ..all() }, first),
            (
                SubscriptionSearch {
                    cancellation_reasons: vec![CancellationReason::Unused],
                    ..all()
                },
                second,
            ),
            (SubscriptionSearch { started_from: Some(between), ..all() }, second),
            (SubscriptionSearch { started_to: Some(between), ..all() }, first),
            (SubscriptionSearch { canceled_from: Some(between), ..all() }, second),
            (noted("tier", "gold"), first),
            (noted("level", "3"), first),
        ] {
            assert_eq!(ids(filter.clone(), NEWEST).await, [expected], "{filter:?}");
        }
        for none in [
            SubscriptionSearch { canceled_to: Some(between), ..all() },
            SubscriptionSearch { statuses: vec![SubscriptionStatus::PastDue], ..all() },
            SubscriptionSearch { is_active: Some(false), ..all() },
            SubscriptionSearch { discount_ids: vec![Uuid::nil().into()], ..all() },
            noted("tier", "silver"),
        ] {
            assert_eq!(ids(none.clone(), NEWEST).await, [], "{none:?}");
        }
        for (by, expected) in [
            (SubscriptionSearchSort::Customer, [first, second]),
            (SubscriptionSearchSort::Product, [second, first]),
            (SubscriptionSearchSort::Amount, [first, second]),
            (SubscriptionSearchSort::StartedAt, [first, second]),
            (SubscriptionSearchSort::CurrentPeriodEnd, [first, second]),
            // Nothing comes last.
            (SubscriptionSearchSort::EndsAt, [second, first]),
            (SubscriptionSearchSort::Status, [first, second]),
            (SubscriptionSearchSort::EndedAt, [first, second]),
            (SubscriptionSearchSort::Discount, [first, second]),
        ] {
            assert_eq!(ids(all(), &[(by, false)]).await, expected, "{by:?}");
        }
        let last = PageRequest::new(2, 1).unwrap();
        let page = search(&db.pool, &actor, &all(), NEWEST, last).await.unwrap();
        assert_eq!((page.items.as_slice(), page.total), (&[first][..], Count::Exact(2)));
    }

    #[tokio::test]
    async fn an_organization_sees_its_own_and_customers_see_nothing_here() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        let owner = fixtures::member(&db, organization_id, "bob@example.com").await;
        Offer::monthly(&db, organization_id).await.subscribe(&db, &owner).await;
        let all = SubscriptionSearch::default();
        let stranger = Actor::System { organization_id: Some(other) };
        let page = search(&db.pool, &stranger, &all, NEWEST, PageRequest::FIRST).await.unwrap();
        assert_eq!(page.items, []);
        let actor = owner.into();
        let refused = search(&db.pool, &actor, &all, NEWEST, PageRequest::FIRST).await;
        assert!(matches!(refused, Err(QueryError::Forbidden(_))));
    }
}
