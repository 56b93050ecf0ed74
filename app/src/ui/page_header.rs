//! The head of a page.

use leptos::prelude::*;

use super::icon::{Icon, IconName};

/// The way back, the title, and the page in one sentence.
///
/// `badge` stands beside the title.
///
/// ```ignore
/// view! { <PageHeader title=t.orders_title() lead=t.orders_lead() /> }
/// ```
#[component]
pub fn PageHeader(
    #[prop(into)] title: String,
    #[prop(optional, into)] lead: String,
    /// Address and name of the page above this one.
    #[prop(optional_no_strip, into)]
    back: Option<(String, String)>,
    #[prop(optional, into)] badge: ViewFn,
) -> impl IntoView {
    view! {
        <div class="page-header">
            {back
                .map(|(href, label)| {
                    view! {
                        <a class="page-header-back" href=href>
                            <Icon name=IconName::Back />
                            {label}
                        </a>
                    }
                })}
            <div class="page-header-title">
                <h1>{title}</h1>
                {badge.run()}
            </div>
            {(!lead.is_empty()).then(|| view! { <p class="page-header-lead">{lead}</p> })}
        </div>
    }
}
