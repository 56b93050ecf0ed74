//! Which customers a list of the API shows, in which order.

use domain::id::{CustomerId, OrganizationId};
use sqlx::{PgPool, Postgres, QueryBuilder};

use crate::actor::Actor;
use crate::error::QueryError;
use crate::metadata::{MetadataFilter, push_filter};
use crate::page::{Page, PageRequest};
use crate::sorting::{containing, page_of_ids};

/// Which customers; everything given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CustomerSearch {
    /// Without regard to case.
    pub email: Option<String>,
    /// Somewhere in the address or a name, or at the start of the external id.
    pub text: Option<String>,
    /// Whether it has a subscription that is active, in trial or past due.
    pub is_active: Option<bool>,
    pub metadata: MetadataFilter,
}

/// By what customers can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomerSort {
    CreatedAt,
    Email,
    Name,
}

impl CustomerSort {
    const fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "c.created_at",
            Self::Email => "c.email",
            Self::Name => "c.name",
        }
    }
}

/// A page of the organization's live customers; each sort with whether it descends.
///
/// # Errors
/// `Forbidden` for everybody but the organization itself.
pub async fn page_of(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    search: &CustomerSearch,
    sorting: &[(CustomerSort, bool)],
    page: PageRequest,
) -> Result<Page<CustomerId>, QueryError> {
    actor.staff(organization_id)?;
    let columns: Vec<_> =
        sorting.iter().map(|(sort, descends)| (sort.column(), *descends)).collect();
    let matching = |query: &mut QueryBuilder<Postgres>| matching(query, organization_id, search);
    Ok(page_of_ids(db, "c.customer_id", &columns, page, matching).await?)
}

fn matching(
    query: &mut QueryBuilder<Postgres>,
    organization_id: OrganizationId,
    search: &CustomerSearch,
) {
    query.push(" from customer c where c.deleted_at is null and c.organization_id = ");
    query.push_bind(organization_id.as_uuid());
    if let Some(email) = &search.email {
        query.push(" and lower(c.email) = lower(").push_bind(email.replace('\0', "")).push(")");
    }
    if let Some(text) = search.text.as_deref().filter(|text| !text.is_empty()) {
        let somewhere = containing(&text.replace('\n', " "));
        // The expression of the index `customer_search_idx`.
        query.push(" and ((c.email || E'\\n' || coalesce(c.name, '') || E'\\n' || coalesce(c.billing_name, '')) ilike ");
        query.push_bind(somewhere.clone());
        let prefix = somewhere.strip_prefix('%').unwrap_or(&somewhere).to_owned();
        query.push(" or c.external_id like ").push_bind(prefix).push(")");
    }
    if let Some(is_active) = search.is_active {
        query.push(if is_active { " and exists" } else { " and not exists" });
        query.push(
            " (select from subscription s where s.organization_id = c.organization_id and s.customer_id = c.customer_id
                and s.status in ('active', 'trialing', 'past_due'))",
        );
    }
    push_filter(query, "c.metadata", &search.metadata);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Count;
    use crate::test_support::{TestDb, billing, fixtures};
    use time::Duration;

    const NEWEST: &[(CustomerSort, bool)] = &[(CustomerSort::CreatedAt, true)];

    #[tokio::test]
    async fn customers_are_found_by_what_is_known_of_them() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        let mut ids = vec![];
        for address in ["ada@example.com", "bob@example.com", "cleo_x@example.org"] {
            ids.push(fixtures::member(&db, organization_id, address).await);
            db.clock.advance(Duration::minutes(1));
        }
        fixtures::member(&db, other, "ada@example.com").await;
        billing::subscribed(&db, &ids[1]).await;
        sqlx::query(
            "update customer set name = 'Zoë Größe', external_id = 'U_1', metadata = '{\"plan\": \"gold\", \"size\": 3}'
             where email = 'ada@example.com' and organization_id = $1",
        )
        .bind(organization_id.as_uuid())
        .execute(&db.pool)
        .await
        .unwrap();
        let actor = Actor::System { organization_id: None };
        let find = async |search: CustomerSearch, sorting: &[(CustomerSort, bool)]| {
            page_of(&db.pool, &actor, organization_id, &search, sorting, PageRequest::FIRST)
                .await
                .unwrap()
        };
        let all = CustomerSearch::default;
        let newest = find(all(), NEWEST).await;
        let expected: Vec<_> = ids.iter().rev().map(|member| member.customer_id).collect();
        assert_eq!((newest.items, newest.total), (expected, Count::Exact(3)));
        let sorted = find(all(), &[(CustomerSort::Email, false)]).await.items;
        assert_eq!(sorted[0], ids[0].customer_id);
        let text = |text: &str| CustomerSearch { text: Some(text.into()), ..all() };
        let meta = |key: &str, values: &[&str]| CustomerSearch {
            metadata: [(key.into(), values.iter().map(|value| (*value).into()).collect())].into(),
            ..all()
        };
        for (search, expected) in [
            (CustomerSearch { email: Some("ADA@example.com".into()), ..all() }, 1),
            (CustomerSearch { email: Some("ada".into()), ..all() }, 0),
            (text("EXAMPLE.COM"), 2),
            (text("größe"), 1),
            (text("o_x"), 1),
            (text("%"), 0),
            (text("U_"), 1),
            (text("_1"), 0),
            (CustomerSearch { is_active: Some(true), ..all() }, 1),
            (CustomerSearch { is_active: Some(false), ..all() }, 2),
            (meta("plan", &["silver", "gold"]), 1),
            (meta("size", &["3"]), 1),
            (meta("size", &["4"]), 0),
        ] {
            assert_eq!(find(search.clone(), NEWEST).await.total.known(), expected, "{search:?}");
        }
        let own = ids[0].clone().into();
        let refused =
            page_of(&db.pool, &own, organization_id, &all(), NEWEST, PageRequest::FIRST).await;
        assert!(matches!(refused, Err(QueryError::Forbidden(_))));
    }

    #[tokio::test]
    async fn a_text_is_found_by_its_index() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        sqlx::query(
            "insert into customer (organization_id, customer_id, email, name, created_at)
             select $1, gen_random_uuid(), 'person' || n || '@example.com', 'Person ' || n, now() from generate_series(1, 20000) n",
        )
        .bind(organization_id.as_uuid())
        .execute(&db.pool)
        .await
        .unwrap();
        sqlx::query("vacuum analyze customer").execute(&db.pool).await.unwrap();
        let mut asked = QueryBuilder::new("explain select c.customer_id");
        let search = CustomerSearch { text: Some("son 12345".into()), ..CustomerSearch::default() };
        matching(&mut asked, organization_id, &search);
        let plan: Vec<String> = asked.build_query_scalar().fetch_all(&db.pool).await.unwrap();
        let plan = plan.join("\n");
        assert!(plan.contains("customer_search_idx") && !plan.contains("Seq Scan"), "{plan}");
    }
}
