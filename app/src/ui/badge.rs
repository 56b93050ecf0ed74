//! A status in one word.

use leptos::prelude::*;

use super::icon::Icon;
use super::tone::Tone;

/// Colour, icon and word together, so that none has to be seen for the others to be understood.
///
/// ```ignore
/// view! { <Badge tone=Tone::Good label=t.order_status_paid() /> }
/// ```
#[component]
pub fn Badge(tone: Tone, #[prop(into)] label: String) -> impl IntoView {
    let class = match tone {
        Tone::Neutral => "badge",
        Tone::Good => "badge badge-good",
        Tone::Wait => "badge badge-wait",
        Tone::Bad => "badge badge-bad",
        Tone::Note => "badge badge-note",
    };
    view! { <span class=class><Icon name=tone.icon() />{label}</span> }
}
