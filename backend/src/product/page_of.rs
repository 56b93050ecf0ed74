//! Which products a list of the API shows, in which order.

use domain::id::{BenefitId, OrganizationId, ProductId};
use domain::product::ProductVisibility;
use sqlx::{PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::error::QueryError;
use crate::metadata::{MetadataFilter, push_filter};
use crate::page::{Page, PageRequest};
use crate::sorting::{containing, page_of_ids};

/// Which products; everything given must hold. Deleted ones are never shown.
#[derive(Debug, Clone, Default)]
pub struct ProductSearch {
    /// One of these; any when empty.
    pub product_ids: Vec<ProductId>,
    /// With one of these; any when empty.
    pub benefit_ids: Vec<BenefitId>,
    /// One of these; any when empty.
    pub visibilities: Vec<ProductVisibility>,
    pub is_archived: Option<bool>,
    pub is_recurring: Option<bool>,
    /// Somewhere in the name.
    pub text: Option<String>,
    pub metadata: MetadataFilter,
}

/// By what products can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProductSort {
    CreatedAt,
    Name,
    /// The kind of the oldest price on sale.
    PriceAmountType,
    /// The lowest fixed price on sale, whatever its currency.
    PriceAmount,
}

impl ProductSort {
    const fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "p.created_at",
            Self::Name => "lower(p.name)",
            Self::PriceAmountType => {
                "(select r.amount_type from price r where r.organization_id = p.organization_id and r.product_id = p.product_id
                    and not r.is_archived order by r.created_at, r.price_id limit 1)"
            }
            Self::PriceAmount => {
                "(select min(coalesce(r.amount_minor, 0)) from price r where r.organization_id = p.organization_id
                    and r.product_id = p.product_id and not r.is_archived)"
            }
        }
    }
}

/// A page of an organization's products; each sort with whether it descends.
///
/// # Errors
/// [`QueryError::Database`].
pub async fn page_of(
    db: &PgPool,
    organization_id: OrganizationId,
    search: &ProductSearch,
    sorting: &[(ProductSort, bool)],
    page: PageRequest,
) -> Result<Page<ProductId>, QueryError> {
    let columns: Vec<_> =
        sorting.iter().map(|(sort, descends)| (sort.column(), *descends)).collect();
    let matching = |query: &mut QueryBuilder<Postgres>| matching(query, organization_id, search);
    Ok(page_of_ids(db, "p.product_id", &columns, page, matching).await?)
}

fn matching(
    query: &mut QueryBuilder<Postgres>,
    organization_id: OrganizationId,
    search: &ProductSearch,
) {
    query.push(" from product p where p.deleted_at is null and p.organization_id = ");
    query.push_bind(organization_id.as_uuid());
    if !search.product_ids.is_empty() {
        let ids: Vec<Uuid> = search.product_ids.iter().map(|id| id.as_uuid()).collect();
        query.push(" and p.product_id = any (").push_bind(ids).push(")");
    }
    if !search.benefit_ids.is_empty() {
        let ids: Vec<Uuid> = search.benefit_ids.iter().map(|id| id.as_uuid()).collect();
        query.push(" and exists (select from product_benefit b where b.organization_id = p.organization_id");
        query.push(" and b.product_id = p.product_id and b.benefit_id = any (");
        query.push_bind(ids).push("))");
    }
    if !search.visibilities.is_empty() {
        let known: Vec<&str> = search.visibilities.iter().map(|one| one.as_str()).collect();
        query.push(" and p.visibility = any (").push_bind(known).push(")");
    }
    if let Some(is_archived) = search.is_archived {
        query.push(" and p.is_archived = ").push_bind(is_archived);
    }
    if let Some(is_recurring) = search.is_recurring {
        query.push(" and (p.recurring_interval is not null) = ").push_bind(is_recurring);
    }
    if let Some(text) = &search.text {
        query.push(" and p.name ilike ").push_bind(containing(text));
    }
    push_filter(query, "p.metadata", &search.metadata);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::{UpdateProduct, update};
    use crate::test_support::billing::Offer;
    use crate::test_support::{TestDb, fixtures};
    use time::Duration;

    #[tokio::test]
    async fn products_are_found_sorted_and_counted() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let pro = Offer::monthly(&db, organization_id).await;
        db.clock.advance(Duration::seconds(1));
        let business = Offer::business(&db, organization_id).await;
        Offer::monthly(&db, fixtures::organization(&db, "other").await).await;
        let noted = UpdateProduct {
            is_archived: Some(true),
            visibility: Some(ProductVisibility::Private),
            metadata: Some(serde_json::from_str(r#"{"tier":"high","place":2}"#).unwrap()),
            ..UpdateProduct::of(organization_id, business.product_id)
        };
        update(&db.pool, &mut db.cx(), noted).await.unwrap();
        let find = async |search: ProductSearch, sorting: &[(ProductSort, bool)]| {
            let page = page_of(&db.pool, organization_id, &search, sorting, PageRequest::FIRST);
            let page = page.await.unwrap();
            assert_eq!(page.total.known(), i64::try_from(page.items.len()).unwrap());
            page.items
        };
        let (both, all) = ([pro.product_id, business.product_id], ProductSearch::default);
        for (sort, descends) in [
            (ProductSort::CreatedAt, false),
            (ProductSort::Name, true),
            (ProductSort::PriceAmount, false),
        ] {
            assert_eq!(find(all(), &[(sort, descends)]).await, both, "{sort:?}");
        }
        assert_eq!(find(all(), &[(ProductSort::PriceAmountType, false)]).await.len(), 2);
        let metadata = |key: &str, value: &str| {
            MetadataFilter::from([(key.to_owned(), vec![value.to_owned(), "x".to_owned()])])
        };
        let private = vec![ProductVisibility::Private];
        for (search, expected) in [
            (ProductSearch { is_archived: Some(true), ..all() }, &both[1..]),
            (ProductSearch { is_archived: Some(false), ..all() }, &both[..1]),
            (ProductSearch { is_recurring: Some(true), ..all() }, &both[..]),
            (ProductSearch { is_recurring: Some(false), ..all() }, &[]),
            (ProductSearch { visibilities: private, ..all() }, &both[1..]),
            (ProductSearch { text: Some("PRO".into()), ..all() }, &both[..1]),
            (ProductSearch { text: Some("%".into()), ..all() }, &[]),
            (ProductSearch { product_ids: vec![pro.product_id], ..all() }, &both[..1]),
            (ProductSearch { benefit_ids: vec![Uuid::nil().into()], ..all() }, &[]),
            (ProductSearch { metadata: metadata("tier", "high"), ..all() }, &both[1..]),
            (ProductSearch { metadata: metadata("place", "2"), ..all() }, &both[1..]),
            (ProductSearch { metadata: metadata("tier", "low"), ..all() }, &[]),
        ] {
            let found = find(search.clone(), &[(ProductSort::CreatedAt, false)]).await;
            assert_eq!(found, expected, "{search:?}");
        }
    }
}
