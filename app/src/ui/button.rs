//! Buttons, and links that look like them.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// How loud a button is. One primary button per view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ButtonKind {
    /// The one thing this view is for.
    Primary,
    #[default]
    Secondary,
    /// Cannot be undone, or takes something away.
    Danger,
    /// A step that should not compete.
    Link,
}

impl ButtonKind {
    /// The CSS classes, for a button that needs its own markup.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Primary => "button button-primary",
            Self::Secondary => "button",
            Self::Danger => "button button-danger",
            Self::Link => "button button-link",
        }
    }
}

/// A link that is the next step. For a step that changes something, use a form's `SubmitButton`.
///
/// ```ignore
/// view! { <ButtonLink kind=ButtonKind::Primary href=paths::orders_open(&slug)>{t.overview_attention_open_orders_link()}</ButtonLink> }
/// ```
#[component]
pub fn ButtonLink(
    #[prop(into)] href: String,
    #[prop(optional)] kind: ButtonKind,
    #[prop(optional)] is_small: bool,
    children: Children,
) -> impl IntoView {
    let class =
        if is_small { format!("{} button-small", kind.class()) } else { kind.class().to_owned() };
    view! { <a class=class href=href>{children()}</a> }
}

/// A button that submits the form it stands in.
///
/// ```ignore
/// view! { <Button kind=ButtonKind::Danger>{t.cancel_submit(&plan, &date)}</Button> }
/// ```
#[component]
pub fn Button(
    #[prop(optional)] kind: ButtonKind,
    #[prop(optional)] is_small: bool,
    /// Says at length what a short label leaves to the eye.
    #[prop(optional, into)]
    label: Option<String>,
    /// With `value`: what this button adds to its form, where several buttons submit one form.
    #[prop(optional)]
    name: Option<&'static str>,
    #[prop(optional, into)] value: Option<String>,
    children: Children,
) -> impl IntoView {
    let class =
        if is_small { format!("{} button-small", kind.class()) } else { kind.class().to_owned() };
    view! { <button type="submit" class=class name=name value=value aria-label=label>{children()}</button> }
}
