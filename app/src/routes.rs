//! The portal's pages and where they stand. Every page is rendered whole by the server (`SsrMode::Async`), so that it reads
//! without script.

use std::sync::Arc;

use leptos::children::ToChildren;
use leptos::prelude::*;
use leptos::tachys::view::iterators::StaticVec;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute};
use leptos_router::components::{FlatRoutes, FlatRoutesProps, Router};
use leptos_router::hooks::use_location;
use leptos_router::{NestedRoute, SsrMode};

use crate::frame::{Frame, framed};
use crate::live::{self, Refresh};
use crate::page_path::PagePath;
#[cfg(feature = "ssr")]
use crate::pages::{checkout, components, pay_link, sign_in};
use crate::pages::{error, orders, overview, settings, sheet};
use crate::ui::form::RefusedForm;

#[cfg(feature = "hydrate")]
static TEXT: std::sync::OnceLock<crate::text::Text> = std::sync::OnceLock::new();

/// Hands over the texts that the browser fetched; before anything is rendered.
#[cfg(feature = "hydrate")]
pub fn install_text(text: crate::text::Text) {
    crate::visit::land();
    let _ = TEXT.set(text);
}

/// The whole portal.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    #[cfg(feature = "hydrate")]
    if let Some(text) = TEXT.get() {
        provide_context(*text);
    }
    // Listing the routes renders without a request.
    #[cfg(feature = "ssr")]
    if use_context::<crate::text::Text>().is_none() {
        provide_context(crate::text::Text::of(domain::locale::Locale::default()));
    }
    let frame = frame();
    provide_context(RefusedForm(RwSignal::new(frame.refused.clone())));
    provide_context(Refresh::default());
    let name = frame
        .organization
        .as_ref()
        .map(|organization| organization.name.clone())
        .unwrap_or_default();
    provide_context(Arc::new(frame));
    view! {
        <Title formatter=move |title: String| if name.is_empty() { title } else { format!("{title} · {name}") }/>
        <Router>
            <Portal/>
        </Router>
    }
}

/// What the frame shows: read from the request by the server, from the page by the browser.
fn frame() -> Frame {
    #[cfg(feature = "ssr")]
    {
        let frame = Frame::of_request();
        // A page without script has nobody to read it.
        if frame.is_plain { frame } else { SharedValue::new(|| frame).into_inner() }
    }
    #[cfg(not(feature = "ssr"))]
    SharedValue::new(Frame::default).into_inner()
}

#[component]
fn Portal() -> impl IntoView {
    after_navigation();
    live::follow();
    let routes = FlatRoutesProps::builder()
        .fallback(error::not_found)
        .children(ToChildren::to_children(routes))
        .build();
    let pages = FlatRoutes(routes).into_any();
    framed(pages)
}

/// A page: where it stands, what it shows.
type Page = (&'static str, Shown);

/// What a page shows.
#[derive(Clone, Copy)]
enum Shown {
    /// A component.
    Of(fn() -> AnyView),
    /// What the server makes as data under this name.
    Sheet(&'static str),
}

use Shown::{Of, Sheet};

const PAGES: &[Page] = &[
    ("/:organization/portal", Of(overview::page)),
    ("/:organization/portal/subscriptions/:id", Sheet("subscription")),
    ("/:organization/portal/subscriptions/:id/cancel", Sheet("cancel")),
    ("/:organization/portal/subscriptions/:id/cancel/now", Sheet("cancel-now")),
    ("/:organization/portal/subscriptions/:id/keep", Sheet("keep")),
    ("/:organization/portal/subscriptions/:id/plan", Sheet("plan")),
    ("/:organization/portal/subscriptions/:id/seats", Sheet("seats")),
    ("/:organization/portal/subscriptions/:id/pause", Sheet("pause")),
    ("/:organization/portal/subscriptions/:id/pause/keep-running", Sheet("keep-running")),
    ("/:organization/portal/subscriptions/:id/resume", Sheet("resume")),
    ("/:organization/portal/subscriptions/:id/resubscribe", Sheet("resubscribe")),
    ("/:organization/portal/subscriptions/:id/update/undo", Sheet("undo-update")),
    ("/:organization/portal/subscriptions/:id/payment-method", Sheet("payment-method")),
    ("/:organization/portal/orders", Of(orders::list::page)),
    ("/:organization/portal/orders/:id", Sheet("order")),
    ("/:organization/portal/orders/:id/pay", Sheet("order-pay")),
    ("/:organization/portal/settings/billing", Sheet("billing")),
    ("/:organization/portal/settings/billing/email", Sheet("email")),
    ("/:organization/portal/settings/payment-methods", Sheet("payment-methods")),
    ("/:organization/portal/settings/payment-methods/add", Sheet("payment-method-add")),
    ("/:organization/portal/settings/payment-methods/:id/default", Sheet("payment-method-default")),
    ("/:organization/portal/settings/payment-methods/:id/backup", Sheet("payment-method-backup")),
    ("/:organization/portal/settings/payment-methods/:id/remove", Sheet("payment-method-remove")),
    ("/:organization/portal/settings/payments", Sheet("payments")),
    ("/:organization/portal/settings/sessions", Of(settings::sessions::page)),
    ("/:organization/portal/settings/activity", Sheet("activity")),
    // A link from a running page to one without script leaves it.
    #[cfg(not(feature = "ssr"))]
    ("/:organization/portal/orders/:id/invoice", Of(crate::visit::anew)),
    #[cfg(not(feature = "ssr"))]
    ("/:organization/portal/sign-in", Of(crate::visit::anew)),
    // The server's alone: pages without script.
    #[cfg(feature = "ssr")]
    ("/:organization/portal/orders/:id/invoice", Of(orders::invoice::page)),
    #[cfg(feature = "ssr")]
    ("/:organization/portal/sign-in", Of(sign_in::email::page)),
    #[cfg(feature = "ssr")]
    ("/:organization/portal/sign-in/code", Of(sign_in::code::page)),
    #[cfg(feature = "ssr")]
    ("/:organization/portal/sign-in/link", Of(sign_in::link::page)),
    #[cfg(feature = "ssr")]
    ("/:organization/portal/sign-in/choose", Of(sign_in::choose::page)),
    #[cfg(feature = "ssr")]
    ("/:organization/portal/verify-email", Of(sign_in::verify_email::page)),
    #[cfg(feature = "ssr")]
    ("/:organization/portal/pay/:token", Of(pay_link::page)),
    #[cfg(feature = "ssr")]
    ("/:organization/portal/checkout/:secret", Of(checkout::page)),
    #[cfg(feature = "ssr")]
    ("/components", Of(components::page)),
];

/// All pages as routes of one type: a type per page would be a copy of the router's code per page in the download.
fn routes() -> StaticVec<AnyNestedRoute> {
    let route = |(path, view): &Page| {
        let view = *view;
        let shown = move || match view {
            Of(page) => page(),
            Sheet(name) => sheet::page(name),
        };
        NestedRoute::new(PagePath(path), shown).ssr_mode(SsrMode::Async).into_any_nested_route()
    };
    PAGES.iter().map(route).collect::<Vec<_>>().into()
}

/// When the reader has gone on: an old refusal is forgotten, and readers of screens begin at the new page.
fn after_navigation() {
    let at = use_location();
    let refused = expect_context::<RefusedForm>();
    Effect::new(move |before: Option<String>| {
        let now = format!("{}?{}", at.pathname.get(), at.search.get());
        if before.is_some_and(|before| before != now) {
            refused.0.set(None);
            #[cfg(feature = "hydrate")]
            if let Some(content) = document().get_element_by_id("content") {
                use wasm_bindgen::JsCast;
                let options = web_sys::FocusOptions::new();
                options.set_prevent_scroll(true);
                if let Some(content) = content.dyn_ref::<web_sys::HtmlElement>() {
                    let _ = content.focus_with_options(&options);
                }
            }
        }
        now
    });
}
