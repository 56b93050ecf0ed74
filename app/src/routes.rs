//! The portal's pages and where they stand. Every page is rendered whole by the server (`SsrMode::Async`), so that it reads
//! without script.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::hooks::use_location;
use leptos_router::{SsrMode, path};

use crate::frame::{Frame, framed};
use crate::live::{self, Refresh};
use crate::pages::{components, error, orders, overview, settings, sign_in, subscription};
use crate::ui::form::RefusedForm;

#[cfg(feature = "hydrate")]
static TEXT: std::sync::OnceLock<crate::text::Text> = std::sync::OnceLock::new();

/// Hands over the texts that the browser fetched; before anything is rendered.
#[cfg(feature = "hydrate")]
pub fn install_text(text: crate::text::Text) {
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
    let name = frame.organization.as_ref().map(|organization| organization.name.clone()).unwrap_or_default();
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
        if frame.is_way_in { frame } else { SharedValue::new(|| frame).into_inner() }
    }
    #[cfg(not(feature = "ssr"))]
    SharedValue::new(Frame::default).into_inner()
}

#[component]
fn Portal() -> impl IntoView {
    after_navigation();
    live::follow();
    let pages = view! {
        <FlatRoutes fallback=error::not_found>
            <Route path=path!("/:organization/portal") view=overview::page ssr=SsrMode::Async/>
            <Route path=path!("/:organization/portal/sign-in") view=sign_in::email::page ssr=SsrMode::Async/>
            <Route path=path!("/:organization/portal/sign-in/code") view=sign_in::code::page ssr=SsrMode::Async/>
            <Route path=path!("/:organization/portal/sign-in/link") view=sign_in::link::page ssr=SsrMode::Async/>
            <Route path=path!("/:organization/portal/sign-in/choose") view=sign_in::choose::page ssr=SsrMode::Async/>
            <Route path=path!("/:organization/portal/subscriptions/:id") view=subscription::show::page ssr=SsrMode::Async/>
            <Route path=path!("/:organization/portal/subscriptions/:id/cancel") view=subscription::cancel::page ssr=SsrMode::Async/>
            <Route path=path!("/:organization/portal/subscriptions/:id/keep") view=subscription::keep::page ssr=SsrMode::Async/>
            <Route path=path!("/:organization/portal/orders") view=orders::list::page ssr=SsrMode::Async/>
            <Route path=path!("/:organization/portal/orders/:id") view=orders::show::page ssr=SsrMode::Async/>
            <Route path=path!("/:organization/portal/settings/sessions") view=settings::sessions::page ssr=SsrMode::Async/>
            <Route path=path!("/:organization/portal/settings/activity") view=settings::activity::page ssr=SsrMode::Async/>
            <Route path=path!("/components") view=components::page ssr=SsrMode::Async/>
        </FlatRoutes>
    }
    .into_any();
    framed(pages)
}

/// When the reader has gone on: an old refusal is forgotten, and readers of screens begin at the new page.
fn after_navigation() {
    let path = use_location().pathname;
    let refused = expect_context::<RefusedForm>();
    Effect::new(move |before: Option<String>| {
        let now = path.get();
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
