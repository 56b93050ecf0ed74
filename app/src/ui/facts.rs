//! Facts about one thing: a description list.

use leptos::prelude::*;

/// Holds [`Fact`]s.
///
/// ```ignore
/// view! {
///     <Facts>
///         <Fact name=t.order_date()><DateText date=order.date /></Fact>
///     </Facts>
/// }
/// ```
#[component]
pub fn Facts(children: Children) -> impl IntoView {
    view! { <dl class="facts">{children()}</dl> }
}

/// One fact: its name, and its value beside it.
#[component]
pub fn Fact(#[prop(into)] name: String, children: Children) -> impl IntoView {
    view! {
        <div class="fact">
            <dt>{name}</dt>
            <dd>{children()}</dd>
        </div>
    }
}
