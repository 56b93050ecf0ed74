//! What the sorted lists of the API have in common.

use domain::id::OrganizationId;
use sqlx::{PgPool, Postgres, QueryBuilder};
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

/// A page of the ids that match, sorted, and how many there are: two statements, however many. `matching` says from where and which,
/// `id` is the column that makes the order certain.
pub(crate) async fn page_of_ids<Id: From<Uuid>>(
    db: &PgPool,
    id: &'static str,
    columns: &[(&'static str, bool)],
    page: PageRequest,
    matching: impl Fn(&mut QueryBuilder<Postgres>),
) -> Result<Page<Id>, sqlx::Error> {
    let mut listed = QueryBuilder::new("select ");
    listed.push(id);
    matching(&mut listed);
    order_by(&mut listed, columns, id);
    listed.push(" limit ").push_bind(page.limit()).push(" offset ").push_bind(page.offset());
    let ids: Vec<Uuid> = listed.build_query_scalar().fetch_all(db).await?;
    let mut counted = QueryBuilder::new("select count(*) from (select");
    matching(&mut counted);
    counted.push(" limit ").push_bind(EXACT_COUNT_MAX + 1).push(") as counted");
    let count: i64 = counted.build_query_scalar().fetch_one(db).await?;
    let items = ids.into_iter().map(Into::into).collect();
    Ok(Page::new(items, Count::from_bounded(count), page))
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
