//! Which benefits a list of the API shows, in which order.

use domain::id::{BenefitId, OrganizationId};
use sqlx::{PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::error::QueryError;
use crate::metadata::{MetadataFilter, push_filter};
use crate::page::{Page, PageRequest};
use crate::sorting::{containing, page_of_ids};

/// Which benefits; everything given must hold. Deleted ones are never shown.
#[derive(Debug, Clone, Default)]
pub struct BenefitSearch {
    /// One of these; any when empty.
    pub benefit_ids: Vec<BenefitId>,
    /// None of these.
    pub but_not: Vec<BenefitId>,
    /// Of one of these types; any when empty.
    pub kinds: Vec<&'static str>,
    /// Somewhere in the description.
    pub text: Option<String>,
    pub metadata: MetadataFilter,
}

/// By what benefits can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BenefitSort {
    CreatedAt,
    Description,
    Type,
}

impl BenefitSort {
    const fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "b.created_at",
            Self::Description => "lower(b.description)",
            Self::Type => "b.type",
        }
    }
}

/// A page of an organization's benefits; each sort with whether it descends.
///
/// # Errors
/// [`QueryError::Database`].
pub async fn page_of(
    db: &PgPool,
    organization_id: OrganizationId,
    search: &BenefitSearch,
    sorting: &[(BenefitSort, bool)],
    page: PageRequest,
) -> Result<Page<BenefitId>, QueryError> {
    let columns: Vec<_> =
        sorting.iter().map(|(sort, descends)| (sort.column(), *descends)).collect();
    let matching = |query: &mut QueryBuilder<Postgres>| matching(query, organization_id, search);
    Ok(page_of_ids(db, "b.benefit_id", &columns, page, matching).await?)
}

fn matching(
    query: &mut QueryBuilder<Postgres>,
    organization_id: OrganizationId,
    search: &BenefitSearch,
) {
    let uuids = |ids: &[BenefitId]| ids.iter().map(|id| id.as_uuid()).collect::<Vec<Uuid>>();
    query.push(" from benefit b where b.deleted_at is null and b.organization_id = ");
    query.push_bind(organization_id.as_uuid());
    if !search.benefit_ids.is_empty() {
        query.push(" and b.benefit_id = any (").push_bind(uuids(&search.benefit_ids)).push(")");
    }
    if !search.but_not.is_empty() {
        query.push(" and not b.benefit_id = any (").push_bind(uuids(&search.but_not)).push(")");
    }
    if !search.kinds.is_empty() {
        query.push(" and b.type = any (").push_bind(search.kinds.clone()).push(")");
    }
    if let Some(text) = &search.text {
        query.push(" and b.description ilike ").push_bind(containing(text));
    }
    push_filter(query, "b.metadata", &search.metadata);
}
