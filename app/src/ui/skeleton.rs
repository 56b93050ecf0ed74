//! The place of what is still loading.

use leptos::prelude::*;

use super::visually_hidden::VisuallyHidden;
use crate::text::use_text;

/// Grey lines in the later size of the content, so that nothing jumps when it comes. Seen only while the browser navigates by
/// itself: the server sends finished pages.
///
/// ```ignore
/// view! { <Transition fallback=|| view! { <Skeleton lines=6 /> }>…</Transition> }
/// ```
#[component]
pub fn Skeleton(#[prop(default = 4)] lines: u8) -> impl IntoView {
    let loading = use_text().common_loading();
    let lines: Vec<_> = (0..lines).map(|_| view! { <div class="skeleton-line"></div> }).collect();
    view! {
        <div class="skeleton" role="status">
            <VisuallyHidden>{loading}</VisuallyHidden>
            <div class="skeleton-title"></div>
            {lines}
        </div>
    }
}
