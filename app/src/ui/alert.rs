//! A message that stands in the page.

use leptos::prelude::*;

use super::icon::Icon;
use super::tone::Tone;

/// What needs attention, or what just happened: a title that says it, and below what to do about it.
///
/// `announce` reads it aloud when it appears while the page is open. `action` stands at its end.
///
/// ```ignore
/// view! {
///     <Alert tone=Tone::Bad title=t.failure_conflict_title() announce=true>
///         <p>{t.failure_conflict_text()}</p>
///     </Alert>
/// }
/// ```
#[component]
pub fn Alert(
    tone: Tone,
    #[prop(into)] title: String,
    #[prop(optional)] announce: bool,
    #[prop(optional, into)] action: ViewFn,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let class = match tone {
        Tone::Neutral => "alert alert-neutral",
        Tone::Note => "alert",
        Tone::Good => "alert alert-good",
        Tone::Wait => "alert alert-wait",
        Tone::Bad => "alert alert-bad",
    };
    let role = announce.then_some(if tone == Tone::Bad { "alert" } else { "status" });
    view! {
        <div class=class role=role>
            <Icon name=tone.icon() />
            <div class="alert-body">
                <div class="alert-text">
                    <p class="alert-title">{title}</p>
                    {children.map(|children| children())}
                </div>
                {action.run()}
            </div>
        </div>
    }
}
