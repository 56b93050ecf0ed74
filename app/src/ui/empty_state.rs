//! A list without entries.

use leptos::prelude::*;

/// What is missing and what would fill it; a link where there is a next step.
///
/// ```ignore
/// view! { <EmptyState title=t.orders_empty_all() hint=t.orders_empty_all_hint() /> }
/// ```
#[component]
pub fn EmptyState(
    #[prop(into)] title: String,
    #[prop(into)] hint: String,
    /// Address and name of the next step.
    #[prop(optional_no_strip)]
    link: Option<(String, String)>,
) -> impl IntoView {
    view! {
        <div class="empty-state">
            <p class="empty-state-title">{title}</p>
            <p class="empty-state-hint">{hint}</p>
            {link.map(|(href, label)| view! { <a class="empty-state-action" href=href>{label}</a> })}
        </div>
    }
}
