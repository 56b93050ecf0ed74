//! Views of one list.

use leptos::prelude::*;

/// One view of the list.
#[derive(Clone, Debug)]
pub struct FilterLink {
    pub href: String,
    pub label: String,
    /// The one that is shown.
    pub is_current: bool,
}

/// Links between views of one list: they have addresses of their own and work without script.
///
/// ```ignore
/// view! { <FilterLinks label=t.orders_filter_label() links=links /> }
/// ```
#[component]
pub fn FilterLinks(#[prop(into)] label: String, links: Vec<FilterLink>) -> impl IntoView {
    let items: Vec<_> = links
        .into_iter()
        .map(|link| {
            view! {
                <li>
                    <a class="filter-link" href=link.href aria-current=link.is_current.then_some("true")>
                        {link.label}
                    </a>
                </li>
            }
        })
        .collect();
    view! {
        <nav aria-label=label>
            <ul class="filter-links">{items}</ul>
        </nav>
    }
}
