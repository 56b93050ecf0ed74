//! The texts that browsers fetch, as files that never change.

use domain::locale::Locale;

use crate::text::{LOCALES, Texts};
use crate::urls::paths;

/// The URL of a locale's texts.
#[must_use]
pub fn url(locale: Locale) -> String {
    let hash =
        LOCALES.iter().find(|texts| texts.tag == locale.tag()).map_or("", |texts| texts.hash);
    paths::texts(locale.tag(), hash)
}

/// The body of `/texts/{file}`: JSON, to be served as immutable. `None` for a name that this build does not have.
#[must_use]
pub fn body(file: &str) -> Option<&'static str> {
    find(file).map(|texts| texts.body)
}

/// The same body in brotli, for browsers that take it.
#[must_use]
pub fn body_in_brotli(file: &str) -> Option<&'static [u8]> {
    find(file).map(|texts| texts.compressed)
}

fn find(file: &str) -> Option<&'static Texts> {
    let (tag, hash) = file.strip_suffix(".json")?.split_once('.')?;
    LOCALES.iter().find(|texts| texts.tag == tag && texts.hash == hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_of_a_locale_leads_to_its_texts() {
        let url = url(Locale::De);
        let texts: Vec<String> =
            serde_json::from_str(body(url.strip_prefix("/texts/").unwrap()).unwrap()).unwrap();
        assert!(texts.iter().any(|text| text == "Überblick" || text == "Übersicht"));
        assert!(body_in_brotli(url.strip_prefix("/texts/").unwrap()).unwrap().len() < 6_000);
        assert_eq!(body("de.0.json"), None);
        assert_eq!(body("../x"), None);
    }
}
