//! Finding objects by what the organization noted at them.

use std::collections::BTreeMap;

use sqlx::{Postgres, QueryBuilder};

/// For each key the values of which an object must have one.
pub type MetadataFilter = BTreeMap<String, Vec<String>>;

/// Appends ` and <column> ->> key = any(values)` for each key. Values are compared as texts.
pub(crate) fn push_filter(
    query: &mut QueryBuilder<Postgres>,
    column: &'static str,
    filter: &MetadataFilter,
) {
    for (key, values) in filter {
        query.push(" and ").push(column).push(" ->> ").push_bind(key.clone());
        query.push(" = any(").push_bind(values.clone()).push(")");
    }
}
