//! Going somewhere from the browser: within the portal, or by loading a page.

use std::cell::OnceCell;

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use leptos_router::location::Location;

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
    load_again(use_location());
    ().into_any()
}

/// Loads the page of the router's address, since the browser's may still be the one before.
pub fn load_again(location: Location) {
    let (path, query) = (location.pathname.get_untracked(), location.search.get_untracked());
    let query = query.trim_start_matches('?');
    load(&if query.is_empty() { path } else { format!("{path}?{query}") });
}

thread_local! {
    static LANDED_AT: OnceCell<String> = const { OnceCell::new() };
}

/// Remembers the page with which the document came; before anything is rendered.
pub fn land() {
    let path = window().location().pathname().unwrap_or_default();
    LANDED_AT.with(|at| drop(at.set(path)));
}

/// Whether the document came with the page of `path`, and with it what that page alone is allowed to load.
#[must_use]
pub fn is_landing(path: &str) -> bool {
    LANDED_AT.with(|at| at.get().is_some_and(|at| at == path))
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
