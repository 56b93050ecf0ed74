//! The document around the portal: its head, and the script where a page has one.

use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::routes::App;
use crate::ssr::{Portal, RequestInfo, texts};
use crate::urls::paths;

/// The whole document.
pub fn shell() -> AnyView {
    let request = use_context::<RequestInfo>();
    let assets = use_context::<Portal>().map(|portal| portal.assets).unwrap_or_default();
    let locale = request.as_ref().map(|request| request.locale).unwrap_or_default();
    let brand =
        request.as_ref().and_then(|request| request.organization.as_ref()).map(|organization| {
            let version = organization.accent_color.trim_start_matches('#');
            view! { <link rel="stylesheet" href=paths::brand_css(&organization.slug, version)/> }
        });
    let style = assets.style.clone();
    view! {
        <!DOCTYPE html>
        <html lang=locale.tag() dir="ltr">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="robots" content="noindex"/>
                <link rel="stylesheet" href=style/>
                {brand}
                <link rel="icon" href="/icon.svg" type="image/svg+xml"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                {scripts()}
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
    .into_any()
}

/// Script, wasm and texts, for pages that come alive: those with somebody signed in.
fn scripts() -> Option<AnyView> {
    let request = use_context::<RequestInfo>()?;
    let assets = use_context::<Portal>()?.assets;
    if !ships_script() {
        return None;
    }
    let start = format!(
        "import start,{{hydrate}} from '{}';start({{module_or_path:'{}'}}).then(hydrate)",
        assets.script, assets.wasm
    );
    Some(
        view! {
            <link rel="modulepreload" href=assets.script.clone()/>
            <link rel="preload" href=assets.wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
            <link rel="preload" id="texts" href=texts::url(request.locale) r#as="fetch" r#type="application/json" crossorigin="anonymous"/>
            <script type="module" nonce=request.nonce>{start}</script>
        }
        .into_any(),
    )
}

/// Whether a page comes alive. Signing in, an invoice, and what strangers see, need no script.
pub(crate) fn ships_script() -> bool {
    let Some(request) = use_context::<RequestInfo>() else { return false };
    let path = use_context::<http::request::Parts>()
        .map(|parts| parts.uri.path().to_owned())
        .unwrap_or_default();
    let is_portal = request.organization.as_ref().is_some_and(|organization| {
        crate::urls::needs_session(&organization.slug, &path)
            && !crate::urls::is_invoice(&organization.slug, &path)
    });
    is_portal && request.signed_in.get().is_some_and(Option::is_some)
}
