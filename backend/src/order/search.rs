//! Which of an organization's orders a list of the API shows, in which order.

use domain::id::{
    CheckoutId, CustomerId, DiscountId, OrderId, OrganizationId, ProductId, SubscriptionId,
};
use domain::order::OrderStatus;
use sqlx::{PgPool, Postgres, QueryBuilder};
use time::OffsetDateTime;

use crate::actor::Actor;
use crate::error::{Forbidden, QueryError};
use crate::metadata::{MetadataFilter, push_filter};
use crate::page::{Page, PageRequest};
use crate::sorting::{
    of_external_customers, one_of, one_of_texts, page_of_growing_ids, page_of_ids,
};

/// Which orders; everything given must hold. Lists: one of these; any when empty. Drafts are never shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MerchantOrderSearch {
    pub product_ids: Vec<ProductId>,
    /// Of products that recur, or are sold once.
    pub is_recurring: Option<bool>,
    pub discount_ids: Vec<DiscountId>,
    pub customer_ids: Vec<CustomerId>,
    pub external_customer_ids: Vec<String>,
    pub subscription_ids: Vec<SubscriptionId>,
    pub checkout_ids: Vec<CheckoutId>,
    pub statuses: Vec<OrderStatus>,
    /// The instant itself is included, in both.
    pub created_from: Option<OffsetDateTime>,
    pub created_to: Option<OffsetDateTime>,
    pub metadata: MetadataFilter,
}

/// By what an organization's orders can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MerchantOrderSort {
    CreatedAt,
    Status,
    InvoiceNumber,
    /// After discount, without tax.
    NetAmount,
    /// The customer's address.
    Customer,
    Product,
    Discount,
    Subscription,
}

impl MerchantOrderSort {
    const fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "o.created_at",
            Self::Status => "o.status",
            Self::InvoiceNumber => {
                "(select i.number from invoice i where i.organization_id = o.organization_id and i.order_id = o.order_id)"
            }
            Self::NetAmount => "(o.total_minor - o.tax_minor)",
            Self::Customer => {
                "(select lower(c.email) from customer c where c.organization_id = o.organization_id and c.customer_id = o.customer_id)"
            }
            Self::Product => {
                "(select p.name from product p where p.organization_id = o.organization_id and p.product_id = o.product_id)"
            }
            Self::Discount => {
                "(select d.name from discount d where d.organization_id = o.organization_id and d.discount_id = o.discount_id)"
            }
            Self::Subscription => "o.subscription_id",
        }
    }
}

/// A page of an organization's orders; each sort with whether it descends.
///
/// # Errors
/// `Forbidden` for all but the organization itself.
pub async fn search(
    db: &PgPool,
    actor: &Actor,
    search: &MerchantOrderSearch,
    sorting: &[(MerchantOrderSort, bool)],
    page: PageRequest,
) -> Result<Page<OrderId>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.staff(organization_id)?;
    let columns: Vec<_> =
        sorting.iter().map(|(sort, descends)| (sort.column(), *descends)).collect();
    let matching = |query: &mut QueryBuilder<Postgres>| matching(query, organization_id, search);
    let found = if search == &MerchantOrderSearch::default() {
        page_of_growing_ids(db, organization_id, "o.order_id", &columns, page, matching).await?
    } else {
        page_of_ids(db, "o.order_id", &columns, page, matching).await?
    };
    Ok(found)
}

fn matching(
    query: &mut QueryBuilder<Postgres>,
    organization_id: OrganizationId,
    search: &MerchantOrderSearch,
) {
    query.push(" from orders o where o.status <> 'draft' and o.organization_id = ");
    query.push_bind(organization_id.as_uuid());
    one_of(query, "o.product_id", search.product_ids.iter().map(|id| id.as_uuid()).collect());
    one_of(query, "o.discount_id", search.discount_ids.iter().map(|id| id.as_uuid()).collect());
    one_of(query, "o.customer_id", search.customer_ids.iter().map(|id| id.as_uuid()).collect());
    let subscription_ids = search.subscription_ids.iter().map(|id| id.as_uuid()).collect();
    one_of(query, "o.subscription_id", subscription_ids);
    let checkout_ids = search.checkout_ids.iter().map(|id| id.as_uuid()).collect();
    one_of(query, "o.checkout_id", checkout_ids);
    of_external_customers(query, "o", organization_id, &search.external_customer_ids);
    one_of_texts(query, "o.status", search.statuses.iter().map(|status| status.as_str()));
    if let Some(is_recurring) = search.is_recurring {
        query.push(" and exists (select from product p where p.organization_id = o.organization_id and p.product_id = o.product_id");
        query.push(" and (p.recurring_interval is not null) = ").push_bind(is_recurring).push(")");
    }
    if let Some(from) = search.created_from {
        query.push(" and o.created_at >= ").push_bind(from);
    }
    if let Some(to) = search.created_to {
        query.push(" and o.created_at <= ").push_bind(to);
    }
    push_filter(query, "o.metadata", &search.metadata);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::billing::{Offer, percent_off};
    use crate::test_support::{TestDb, fixtures};
    use domain::discount::DiscountDuration;
    use time::Duration;
    use uuid::Uuid;

    const NEWEST: &[(MerchantOrderSort, bool)] = &[(MerchantOrderSort::CreatedAt, true)];

    #[tokio::test]
    async fn every_filter_tells_two_apart_and_every_sort_holds() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let bob = fixtures::member(&db, organization_id, "bob@example.com").await;
        let pro = Offer::monthly(&db, organization_id).await;
        let business = Offer::business(&db, organization_id).await;
        let started = pro.subscribe(&db, &ada).await;
        let first = started.order_id;
        db.clock.advance(Duration::hours(1));
        let between = db.now();
        db.clock.advance(Duration::hours(1));
        let discount_id = percent_off(&db, organization_id, 1_000, DiscountDuration::Forever).await;
        let mut input = business.start_for(&bob, None);
        input.discount_id = Some(discount_id);
        let second =
            crate::subscription::start(&db.pool, &mut db.cx(), input).await.unwrap().order_id;
        for statement in [
            "update customer set external_id = 'ada' where email = 'ada@example.com'",
            "update orders set metadata = '{\"tier\": \"gold\"}' where subtotal_minor = 2900",
            "update orders set status = 'void' where subtotal_minor = 5900",
        ] {
            sqlx::query(statement).execute(&db.pool).await.unwrap();
        }
        let actor = Actor::System { organization_id: Some(organization_id) };
        let ids = async |filter: MerchantOrderSearch, sorting: &[(MerchantOrderSort, bool)]| {
            search(&db.pool, &actor, &filter, sorting, PageRequest::FIRST).await.unwrap().items
        };
        let all = MerchantOrderSearch::default;
        assert_eq!(ids(all(), NEWEST).await, [second, first]);
        let noted = |value: &str| MerchantOrderSearch {
            metadata: [("tier".to_owned(), vec![value.to_owned()])].into(),
            ..all()
        };
        for (filter, expected) in [
            (MerchantOrderSearch { product_ids: vec![pro.product_id], ..all() }, first),
            (MerchantOrderSearch { customer_ids: vec![bob.customer_id], ..all() }, second),
            (MerchantOrderSearch { external_customer_ids: vec!["ada".into()], ..all() }, first),
            (MerchantOrderSearch { discount_ids: vec![discount_id], ..all() }, second),
            (
                MerchantOrderSearch { subscription_ids: vec![started.subscription_id], ..all() },
                first,
            ),
            (MerchantOrderSearch { statuses: vec![OrderStatus::Void], ..all() }, second),
            (MerchantOrderSearch { created_from: Some(between), ..all() }, second),
            (MerchantOrderSearch { created_to: Some(between), ..all() }, first),
            (noted("gold"), first),
        ] {
            assert_eq!(ids(filter.clone(), NEWEST).await, [expected], "{filter:?}");
        }
        for none in [
            MerchantOrderSearch { checkout_ids: vec![Uuid::nil().into()], ..all() },
            MerchantOrderSearch { is_recurring: Some(false), ..all() },
            MerchantOrderSearch { statuses: vec![OrderStatus::Paid], ..all() },
            noted("silver"),
        ] {
            assert_eq!(ids(none.clone(), NEWEST).await, [], "{none:?}");
        }
        for (by, expected) in [
            (MerchantOrderSort::CreatedAt, [first, second]),
            (MerchantOrderSort::Status, [first, second]),
            (MerchantOrderSort::NetAmount, [first, second]),
            (MerchantOrderSort::Customer, [first, second]),
            (MerchantOrderSort::Product, [second, first]),
            // Nothing comes last.
            (MerchantOrderSort::Discount, [second, first]),
            (MerchantOrderSort::Subscription, [first, second]),
            (MerchantOrderSort::InvoiceNumber, [first, second]),
        ] {
            assert_eq!(ids(all(), &[(by, false)]).await, expected, "{by:?}");
        }
    }

    #[tokio::test]
    async fn only_the_organization_itself_sees_all_of_its_orders() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
        Offer::monthly(&db, organization_id).await.subscribe(&db, &owner).await;
        let all = MerchantOrderSearch::default();
        let stranger = Actor::System { organization_id: Some(other) };
        let page = search(&db.pool, &stranger, &all, NEWEST, PageRequest::FIRST).await.unwrap();
        assert_eq!(page.items, []);
        let refused = search(&db.pool, &owner.into(), &all, NEWEST, PageRequest::FIRST).await;
        assert!(matches!(refused, Err(QueryError::Forbidden(_))));
    }
}
