//! What the sorted lists of the API have in common.

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

use domain::id::OrganizationId;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::page::{Count, EXACT_COUNT_MAX, Page, PageRequest};

/// Appends `order by` these columns, each with whether it descends; `id` makes the order whole, in the direction of the first.
fn order_by(
    query: &mut QueryBuilder<Postgres>,
    columns: &[(&'static str, bool)],
    id: &'static str,
) {
    let descends_first = columns.first().is_some_and(|(_, descends)| *descends);
    query.push(" order by ");
    let mut listed = query.separated(", ");
    for (column, descends) in columns.iter().chain([&(id, descends_first)]) {
        listed.push(column).push_unseparated(if *descends { " desc" } else { "" });
    }
}

/// A page of the ids that match, sorted, and how many there are: one statement, however many. `matching` says from where and which,
/// `id` is the column that makes the order certain.
pub(crate) async fn page_of_ids<Id: From<Uuid>>(
    db: &PgPool,
    id: &'static str,
    columns: &[(&'static str, bool)],
    page: PageRequest,
    matching: impl Fn(&mut QueryBuilder<Postgres>),
) -> Result<Page<Id>, sqlx::Error> {
    let mut query = listed(id, columns, page, &matching);
    query.push(", (select count(*) from (select");
    matching(&mut query);
    query.push(" limit ").push(EXACT_COUNT_MAX + 1).push(") as counted)");
    let (ids, count): (Vec<Uuid>, i64) = fetch(db, query).await?;
    let items = ids.into_iter().map(Into::into).collect();
    Ok(Page::new(items, Count::from_bounded(count), page))
}

/// The lists that are known to be longer than is counted, by the column of their ids.
static LONG: RwLock<BTreeSet<(&str, OrganizationId)>> = RwLock::new(BTreeSet::new());

/// The same of all that an organization has of something of which nothing is ever deleted: a list that was found too long to be counted
/// is not counted again.
pub(crate) async fn page_of_growing_ids<Id: From<Uuid>>(
    db: &PgPool,
    organization_id: OrganizationId,
    id: &'static str,
    columns: &[(&'static str, bool)],
    page: PageRequest,
    matching: impl Fn(&mut QueryBuilder<Postgres>),
) -> Result<Page<Id>, sqlx::Error> {
    let list = (id, organization_id);
    if LONG.read().unwrap_or_else(PoisonError::into_inner).contains(&list) {
        let (ids,): (Vec<Uuid>,) = fetch(db, listed(id, columns, page, &matching)).await?;
        let items = ids.into_iter().map(Into::into).collect();
        return Ok(Page::new(items, Count::AtLeast(EXACT_COUNT_MAX), page));
    }
    let found = page_of_ids(db, id, columns, page, matching).await?;
    if matches!(found.total, Count::AtLeast(_)) {
        LONG.write().unwrap_or_else(PoisonError::into_inner).insert(list);
    }
    Ok(found)
}

/// The one row. Where a text is searched, Postgres plans for the text that it is (elsewhere it keeps plans, see `DatabaseConfig::pool`):
/// a rare one is found by its index, one that is everywhere sooner by going through the list.
async fn fetch<Row>(db: &PgPool, mut query: QueryBuilder<Postgres>) -> Result<Row, sqlx::Error>
where
    Row: for<'row> FromRow<'row, PgRow> + Send + Unpin,
{
    if !query.sql().as_str().contains("like ") {
        return query.build_query_as().fetch_one(db).await;
    }
    let mut tx = db.begin().await?;
    sqlx::query("set local plan_cache_mode = force_custom_plan").execute(&mut *tx).await?;
    let row = query.build_query_as().fetch_one(&mut *tx).await?;
    tx.commit().await?;
    Ok(row)
}

/// `select` the ids of a page, as an array.
fn listed(
    id: &'static str,
    columns: &[(&'static str, bool)],
    page: PageRequest,
    matching: &impl Fn(&mut QueryBuilder<Postgres>),
) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("select array (select ");
    query.push(id);
    matching(&mut query);
    order_by(&mut query, columns, id);
    // The limit stands in the text: of one that comes as a value Postgres assumes that it is a tenth of the table.
    query.push(" limit ").push(page.limit()).push(" offset ").push_bind(page.offset()).push(")");
    query
}

/// The pattern of `like` for texts that hold this one, whatever it is.
pub(crate) fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.chars().filter(|character| *character != '\0') {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// Appends that the column is one of these, if there are any.
pub(crate) fn one_of(query: &mut QueryBuilder<Postgres>, column: &'static str, ids: Vec<Uuid>) {
    if !ids.is_empty() {
        query.push(" and ").push(column).push(" = any (").push_bind(ids).push(")");
    }
}

/// The same with texts of the table's own.
pub(crate) fn one_of_texts(
    query: &mut QueryBuilder<Postgres>,
    column: &'static str,
    texts: impl Iterator<Item = &'static str>,
) {
    let texts: Vec<&'static str> = texts.collect();
    if !texts.is_empty() {
        query.push(" and ").push(column).push(" = any (").push_bind(texts).push(")");
    }
}

/// Appends that the row's customer is one that the organization knows by one of these ids.
pub(crate) fn of_external_customers(
    query: &mut QueryBuilder<Postgres>,
    table: &'static str,
    organization_id: OrganizationId,
    external_ids: &[String],
) {
    if !external_ids.is_empty() {
        query
            .push(" and ")
            .push(table)
            .push(".customer_id in (select customer_id from customer where organization_id = ");
        query.push_bind(organization_id.as_uuid());
        query.push(" and external_id = any (").push_bind(external_ids.to_vec()).push("))");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::TestDb;

    #[tokio::test]
    async fn a_long_list_that_only_grows_is_counted_once() {
        let db = TestDb::new().await;
        let of = async |organization: u128, length: i64| {
            let listed = |query: &mut QueryBuilder<Postgres>| {
                query.push(" from (select gen_random_uuid() as id from generate_series(1, ");
                query.push(length).push(")) as one");
            };
            let id = Uuid::from_u128(organization).into();
            let first = PageRequest::FIRST;
            page_of_growing_ids::<Uuid>(&db.pool, id, "one.id", &[], first, listed).await.unwrap()
        };
        assert_eq!(of(1, EXACT_COUNT_MAX).await.total, Count::Exact(EXACT_COUNT_MAX));
        assert_eq!(of(1, 3).await.total, Count::Exact(3));
        let many = Count::AtLeast(EXACT_COUNT_MAX);
        assert_eq!(of(1, EXACT_COUNT_MAX + 1).await.total, many);
        let again = of(1, 3).await;
        assert_eq!((again.items.len(), again.total), (3, many));
        assert_eq!(of(2, 3).await.total, Count::Exact(3));
    }

    #[test]
    fn the_order_is_whole() {
        let mut query = QueryBuilder::new("select id");
        order_by(&mut query, &[("a", true), ("b", false)], "id");
        assert_eq!(query.sql().as_str(), "select id order by a desc, b, id desc");
    }

    #[test]
    fn a_pattern_holds_no_wildcards_of_the_text() {
        assert_eq!(containing("5%_\\\0"), "%5\\%\\_\\\\%");
    }
}
