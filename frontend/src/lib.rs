//! Where the browser's half begins: the texts, then the page comes alive.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page once the wasm is there.
#[wasm_bindgen]
pub async fn hydrate() {
    #[cfg(debug_assertions)]
    app::start::log_panics();
    // Without texts the page stays as the server sent it: it reads and submits all the same.
    if let Some(text) = app::start::fetch_text().await {
        app::install_text(text);
        leptos::mount::hydrate_body(app::App);
    }
}
