//! The texts of the sandbox's pages, from `locales/`.

use std::{collections::HashMap, sync::LazyLock};

use domain::locale::Locale;

type Table = HashMap<String, String>;

static EN: LazyLock<Table> = LazyLock::new(|| read(include_str!("locales/en.json")));
static DE: LazyLock<Table> = LazyLock::new(|| read(include_str!("locales/de.json")));

/// A test keeps the files readable.
fn read(json: &str) -> Table {
    serde_json::from_str(json).unwrap_or_default()
}

/// A text in the visitor's language. Tests visit every page, so that none is missing.
pub(super) fn text(locale: Locale, key: &str) -> &'static str {
    let table: &'static Table = match locale {
        Locale::En => &EN,
        Locale::De => &DE,
    };
    table.get(key).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_the_same_things() {
        let mut keys: [Vec<&String>; 2] = [EN.keys().collect(), DE.keys().collect()];
        for keys in &mut keys {
            keys.sort();
        }
        assert_eq!(keys[0], keys[1]);
        assert!(keys[0].len() > 40);
        assert_eq!(text(Locale::De, "approve"), "Freigeben");
    }
}
