//! Something that can be acted on.

use leptos::prelude::*;

/// A bordered ground for one thing and the steps it offers. Plain facts and lists need no card.
///
/// ```ignore
/// view! {
///     <Card>
///         <h3>"Pro"</h3>
///         <CardActions><ButtonLink href="/">"Details"</ButtonLink></CardActions>
///     </Card>
/// }
/// ```
#[component]
pub fn Card(children: Children) -> impl IntoView {
    view! { <div class="card">{children()}</div> }
}

/// The steps that a card offers, at its end.
#[component]
pub fn CardActions(children: Children) -> impl IntoView {
    view! { <div class="card-actions">{children()}</div> }
}
