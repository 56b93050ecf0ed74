//! Going somewhere from the browser: within the portal, or by loading a page.

use leptos::prelude::*;

use crate::urls;

/// The organization whose portal is open, from the address.
fn organization(path: &str) -> Option<&str> {
    path.strip_prefix('/')?.split('/').next()
}

/// Whether `to` is a page that the running portal can show by itself.
#[must_use]
pub fn stays(to: &str) -> bool {
    let path = to.split(['?', '#']).next().unwrap_or_default();
    organization(path).is_some_and(|organization| urls::needs_session(organization, path))
}

/// Loads a page anew.
pub fn load(to: &str) {
    let _ = window().location().assign(to);
}

/// In place of a page that only the server has: asks it.
pub fn anew() -> AnyView {
    let _ = window().location().reload();
    ().into_any()
}

/// The session is over: sign in, then come back to this very step.
pub fn sign_in() {
    let location = window().location();
    let path = location.pathname().unwrap_or_default();
    let query = location.search().unwrap_or_default();
    if let Some(organization) = organization(&path) {
        load(&urls::paths::sign_in_to(organization, &format!("{path}{query}")));
    }
}
