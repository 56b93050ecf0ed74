//! Every component in all its states, for people who extend the portal. Development and the demo have this page.

#[cfg(feature = "ssr")]
mod examples;
#[cfg(feature = "ssr")]
mod form_examples;
#[cfg(feature = "ssr")]
mod sheet_examples;

use leptos::prelude::*;

/// `/components`
pub fn page() -> AnyView {
    #[cfg(feature = "ssr")]
    if crate::ssr::portal().is_ok_and(|portal| portal.dev) {
        return examples::all();
    }
    // The page ships no script, so the browser's side never shows it.
    super::error::not_found()
}
