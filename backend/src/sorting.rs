//! What the sorted lists of the API have in common.

use sqlx::{Postgres, QueryBuilder};

/// Appends `order by` these columns, each with whether it descends; `id` makes the order whole, in the direction of the first.
pub(crate) fn order_by(
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
