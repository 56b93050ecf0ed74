//! Which members a list of the API shows.

use domain::id::{CustomerId, MemberId, OrganizationId};
use domain::role::MemberRole;
use sqlx::{PgPool, Postgres, QueryBuilder};

use crate::actor::Actor;
use crate::error::QueryError;
use crate::page::{Page, PageRequest};
use crate::sorting::page_of_ids;

/// Which members; everything given must hold. A member sees those of its own customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberSearch {
    pub customer_id: Option<CustomerId>,
    pub external_customer_id: Option<String>,
    pub role: Option<MemberRole>,
}

/// A page of live members, by the time they joined.
///
/// # Errors
/// `Forbidden` for roles that may not read billing.
pub async fn page_of(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    search: &MemberSearch,
    descends: bool,
    page: PageRequest,
) -> Result<Page<MemberId>, QueryError> {
    actor.billing_reader(organization_id)?;
    let within = actor.customer_id();
    let matching =
        |query: &mut QueryBuilder<Postgres>| matching(query, organization_id, within, search);
    Ok(page_of_ids(db, "m.member_id", &[("m.created_at", descends)], page, matching).await?)
}

fn matching(
    query: &mut QueryBuilder<Postgres>,
    organization_id: OrganizationId,
    within: Option<CustomerId>,
    search: &MemberSearch,
) {
    query.push(" from member m join customer c on c.organization_id = m.organization_id and c.customer_id = m.customer_id");
    query.push(" where m.deleted_at is null and c.deleted_at is null and m.organization_id = ");
    query.push_bind(organization_id.as_uuid());
    for customer_id in within.into_iter().chain(search.customer_id) {
        query.push(" and m.customer_id = ").push_bind(customer_id.as_uuid());
    }
    if let Some(external_id) = &search.external_customer_id {
        query.push(" and c.external_id = ").push_bind(external_id.replace('\0', ""));
    }
    if let Some(role) = search.role {
        query.push(" and m.role = ").push_bind(role.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{TestDb, fixtures};

    #[tokio::test]
    async fn members_are_listed_within_reach() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::team_owner(&db, organization_id, "ada@example.com").await;
        let plain = fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::Member).await;
        let eve = fixtures::member(&db, organization_id, "eve@example.com").await;
        let list = async |actor: &Actor, search: MemberSearch| {
            page_of(&db.pool, actor, organization_id, &search, false, PageRequest::FIRST)
                .await
                .map(|page| page.items)
        };
        let (all, staff) = (MemberSearch::default(), Actor::System { organization_id: None });
        assert_eq!(list(&staff, all.clone()).await.unwrap().len(), 3);
        assert_eq!(list(&owner.clone().into(), all.clone()).await.unwrap().len(), 2);
        assert_eq!(list(&eve.clone().into(), all.clone()).await.unwrap(), [eve.member_id]);
        let foreign = MemberSearch { customer_id: Some(owner.customer_id), ..all.clone() };
        assert_eq!(list(&eve.into(), foreign).await.unwrap(), []);
        let plain_ones = MemberSearch { role: Some(MemberRole::Member), ..all.clone() };
        assert_eq!(list(&staff, plain_ones).await.unwrap(), [plain.member_id]);
        let unknown = MemberSearch { external_customer_id: Some("x".into()), ..all.clone() };
        assert_eq!(list(&staff, unknown).await.unwrap(), []);
        assert!(matches!(list(&plain.into(), all).await, Err(QueryError::Forbidden(_))));
    }
}
