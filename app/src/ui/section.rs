//! A part of a page under its own heading.

use leptos::prelude::*;

/// A heading, perhaps a link to more of the same, and what it is about.
///
/// ```ignore
/// view! { <Section title=t.overview_recent_orders() more=(paths::orders(&slug), t.overview_all_orders().to_owned())>…</Section> }
/// ```
#[component]
pub fn Section(
    #[prop(into)] title: String,
    /// Where there is more, and what that is called.
    #[prop(optional, into)]
    more: Option<(String, String)>,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="section">
            <div class="section-header">
                <h2>{title}</h2>
                {more.map(|(href, label)| view! { <a href=href>{label}</a> })}
            </div>
            {children()}
        </section>
    }
}
