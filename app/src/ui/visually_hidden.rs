//! Words for those who listen instead of look.

use leptos::prelude::*;

/// Text that is read aloud but not shown.
///
/// ```ignore
/// view! { <VisuallyHidden>{t.common_loading()}</VisuallyHidden> }
/// ```
#[component]
pub fn VisuallyHidden(children: Children) -> impl IntoView {
    view! { <span class="visually-hidden">{children()}</span> }
}
