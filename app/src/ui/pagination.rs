//! From page to page of a list.

use leptos::prelude::*;

use super::button::ButtonLink;
use crate::text::use_text;

/// Where one is in a list, and links to the pages beside. Without neighbours it only says where.
///
/// ```ignore
/// view! { <Pagination place=t.pagination_of_exact(41, "2", "3") previous=Some(href(1)) next=Some(href(3)) /> }
/// ```
#[component]
pub fn Pagination(
    #[prop(into)] place: String,
    previous: Option<String>,
    next: Option<String>,
) -> impl IntoView {
    let t = use_text();
    if previous.is_none() && next.is_none() {
        return view! { <p class="pagination-place">{place}</p> }.into_any();
    }
    view! {
        <nav class="pagination" aria-label=t.pagination_label()>
            <p class="pagination-place">{place}</p>
            <div class="pagination-links">
                {previous.map(|href| view! { <ButtonLink href=href is_small=true>{t.pagination_previous()}</ButtonLink> })}
                {next.map(|href| view! { <ButtonLink href=href is_small=true>{t.pagination_next()}</ButtonLink> })}
            </div>
        </nav>
    }
    .into_any()
}
