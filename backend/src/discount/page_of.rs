//! Which discounts a list of the API shows, in which order.

use domain::id::{DiscountId, OrganizationId};
use sqlx::{PgPool, Postgres, QueryBuilder};

use crate::error::QueryError;
use crate::page::{Page, PageRequest};
use crate::sorting::{containing, page_of_ids};

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
    let columns: Vec<_> =
        sorting.iter().map(|(sort, descends)| (sort.column(), *descends)).collect();
    let matching = |query: &mut QueryBuilder<Postgres>| matching(query, organization_id, text);
    Ok(page_of_ids(db, "discount_id", &columns, page, matching).await?)
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
