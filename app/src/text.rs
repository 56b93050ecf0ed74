//! What the portal says, in the reader's language.
//!
//! `build.rs` makes one method of [`Text`] per key of `locales/en.json`. The server holds every locale; a browser fetches the
//! texts of its own locale once, from a URL that never changes its content, and nothing else of this machinery.

use domain::format;
use domain::locale::Locale;
use leptos::prelude::*;

/// The texts of one locale. Copied freely: two words.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    entries: &'static [&'static str],
    locale: Locale,
}

include!(concat!(env!("OUT_DIR"), "/text_keys.rs"));

/// One locale's texts as the server holds and serves them.
#[cfg(feature = "ssr")]
#[derive(Debug)]
pub(crate) struct Texts {
    /// The locale's tag, such as `de`.
    pub tag: &'static str,
    /// Changes with the texts.
    pub hash: &'static str,
    /// The JSON array that browsers fetch.
    pub body: &'static str,
    /// The same in brotli.
    pub compressed: &'static [u8],
    /// The same texts.
    pub entries: &'static [&'static str],
}

#[cfg(feature = "ssr")]
mod values {
    use super::Texts;
    include!(concat!(env!("OUT_DIR"), "/text_values.rs"));
}
#[cfg(feature = "ssr")]
pub(crate) use values::LOCALES;

impl Text {
    /// The texts of `locale`, on the server.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn of(locale: Locale) -> Self {
        let texts = LOCALES.iter().find(|texts| texts.tag == locale.tag()).unwrap_or(&LOCALES[0]);
        Self { entries: texts.entries, locale }
    }

    /// Texts that a browser fetched; they live as long as the page.
    #[must_use]
    pub fn fetched(locale: Locale, entries: Vec<&'static str>) -> Self {
        Self { entries: Vec::leak(entries), locale }
    }

    /// The locale that dates, amounts and plurals follow.
    #[must_use]
    pub fn locale(self) -> Locale {
        self.locale
    }

    fn entry(self, at: usize) -> &'static str {
        self.entries.get(at).copied().unwrap_or("…")
    }

    fn fill(self, at: usize, arguments: &[&str]) -> String {
        fill(self.entry(at), arguments)
    }

    fn fill_counted(self, at: usize, count: i64, rest: &[&str]) -> String {
        let shown = format::count(count, self.locale);
        let mut arguments: Vec<&str> = vec![&shown];
        arguments.extend(rest);
        // English and German count alike; a locale with more forms brings its own rule when it comes.
        fill(self.entry(if count == 1 { at } else { at + 1 }), &arguments)
    }
}

/// Puts `arguments` where `{0}`, `{1}`, … stand.
fn fill(template: &str, arguments: &[&str]) -> String {
    let mut text = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        text.push_str(&rest[..open]);
        rest = &rest[open..];
        let Some(close) = rest.find('}') else { break };
        let argument = rest[1..close].parse::<usize>().ok().and_then(|at| arguments.get(at));
        text.push_str(argument.copied().unwrap_or_default());
        rest = &rest[close + 1..];
    }
    text.push_str(rest);
    text
}

/// The texts of the page being rendered.
///
/// # Panics
/// Outside [`crate::App`], which provides them: a mistake of the programmer that the first rendering shows.
#[must_use]
pub fn use_text() -> Text {
    expect_context::<Text>()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in_the_order_of_their_numbers() {
        assert_eq!(fill("{1} before {0}, {1} again", &["a", "b"]), "b before a, b again");
        assert_eq!(fill("nothing", &[]), "nothing");
        assert_eq!(fill("an open { brace", &["x"]), "an open { brace");
    }

    #[test]
    fn every_locale_has_every_entry_and_its_own_hash() {
        let length = LOCALES[0].entries.len();
        assert!(length > 0);
        assert!(LOCALES.iter().all(|texts| texts.entries.len() == length));
        assert!(
            Locale::ALL.iter().all(|locale| LOCALES.iter().any(|texts| texts.tag == locale.tag()))
        );
        assert_ne!(LOCALES[0].hash, LOCALES[1].hash);
    }
}
