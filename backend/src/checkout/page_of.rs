//! Which checkouts a list of the API shows, in which order.

use domain::checkout::CheckoutState;
use domain::id::{CheckoutId, CustomerId, OrganizationId, ProductId};
use sqlx::{PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::actor::Actor;
use crate::error::QueryError;
use crate::page::{Page, PageRequest};
use crate::sorting::{containing, page_of_ids};

/// Which checkouts; everything given must hold, of a list one of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckoutFilter {
    pub product_ids: Vec<ProductId>,
    pub customer_ids: Vec<CustomerId>,
    pub external_customer_ids: Vec<String>,
    pub states: Vec<CheckoutState>,
    /// Somewhere in the customer's address.
    pub text: Option<String>,
}

/// By what checkouts can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckoutSort {
    CreatedAt,
    ExpiresAt,
    State,
}

impl CheckoutSort {
    const fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "k.created_at",
            Self::ExpiresAt => "k.expires_at",
            Self::State => "k.state",
        }
    }
}

/// A page of an organization's checkouts; each sort with whether it descends.
///
/// # Errors
/// `Forbidden` for everybody but the organization itself.
pub async fn page_of(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    filter: &CheckoutFilter,
    sorting: &[(CheckoutSort, bool)],
    page: PageRequest,
) -> Result<Page<CheckoutId>, QueryError> {
    actor.staff(organization_id)?;
    let columns: Vec<_> =
        sorting.iter().map(|(sort, descends)| (sort.column(), *descends)).collect();
    let matching = |query: &mut QueryBuilder<Postgres>| matching(query, organization_id, filter);
    Ok(page_of_ids(db, "k.checkout_id", &columns, page, matching).await?)
}

fn matching(
    query: &mut QueryBuilder<Postgres>,
    organization_id: OrganizationId,
    filter: &CheckoutFilter,
) {
    query.push(" from checkout k where k.organization_id = ");
    query.push_bind(organization_id.as_uuid());
    if !filter.product_ids.is_empty() {
        let ids: Vec<Uuid> = filter.product_ids.iter().map(|id| id.as_uuid()).collect();
        query.push(" and k.product_id = any (").push_bind(ids).push(")");
    }
    if !filter.customer_ids.is_empty() {
        let ids: Vec<Uuid> = filter.customer_ids.iter().map(|id| id.as_uuid()).collect();
        query.push(" and k.customer_id = any (").push_bind(ids).push(")");
    }
    if !filter.external_customer_ids.is_empty() {
        query.push(
            " and exists (select from customer c where c.organization_id = k.organization_id and c.customer_id = k.customer_id
                and c.external_id = any (",
        );
        query.push_bind(filter.external_customer_ids.clone()).push("))");
    }
    if !filter.states.is_empty() {
        let states: Vec<&str> = filter.states.iter().map(|state| state.as_str()).collect();
        query.push(" and k.state = any (").push_bind(states).push(")");
    }
    if let Some(text) = &filter.text {
        query.push(" and k.customer_email ilike ").push_bind(containing(text));
    }
}
