//! Which discounts a list of the API shows, in which order.

use domain::id::{DiscountId, OrganizationId};
use sqlx::{PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::error::QueryError;
use crate::page::{Count, EXACT_COUNT_MAX, Page, PageRequest};
use crate::sorting::{containing, order_by};

/// By what discounts can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscountSort {
    CreatedAt,
    Name,
    Code,
    RedemptionsCount,
    EndsAt,
}

impl DiscountSort {
    const fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::Name => "lower(name)",
            Self::Code => "lower(code)",
            Self::RedemptionsCount => "redemptions_count",
            Self::EndsAt => "ends_at",
        }
    }
}

/// A page of an organization's live discounts, of those only that hold `text` in name or code; each sort with whether it descends.
///
/// # Errors
/// [`QueryError::Database`].
pub async fn page_of(
    db: &PgPool,
    organization_id: OrganizationId,
    text: Option<&str>,
    sorting: &[(DiscountSort, bool)],
    page: PageRequest,
) -> Result<Page<DiscountId>, QueryError> {
    let mut listed = QueryBuilder::new("select discount_id");
    matching(&mut listed, organization_id, text);
    let columns: Vec<_> =
        sorting.iter().map(|(sort, descends)| (sort.column(), *descends)).collect();
    order_by(&mut listed, &columns, "discount_id");
    listed.push(" limit ").push_bind(page.limit()).push(" offset ").push_bind(page.offset());
    let ids: Vec<Uuid> = listed.build_query_scalar().fetch_all(db).await?;
    let mut counted = QueryBuilder::new("select count(*) from (select");
    matching(&mut counted, organization_id, text);
    counted.push(" limit ").push_bind(EXACT_COUNT_MAX + 1).push(") as counted");
    let count: i64 = counted.build_query_scalar().fetch_one(db).await?;
    let items = ids.into_iter().map(Into::into).collect();
    Ok(Page::new(items, Count::from_bounded(count), page))
}

fn matching(
    query: &mut QueryBuilder<Postgres>,
    organization_id: OrganizationId,
    text: Option<&str>,
) {
    query.push(" from discount where deleted_at is null and organization_id = ");
    query.push_bind(organization_id.as_uuid());
    if let Some(text) = text {
        query
            .push(" and (name || E'\\n' || coalesce(code, '')) ilike ")
            .push_bind(containing(text));
    }
}
