//! What must be there before the page comes alive.

use domain::locale::Locale;
use leptos::prelude::{document, window};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlLinkElement, Response};

use crate::text::Text;

/// Fetches the texts of the page's language, which the page already asked the browser to load.
pub async fn fetch_text() -> Option<Text> {
    let link: HtmlLinkElement = document().get_element_by_id("texts")?.dyn_into().ok()?;
    let locale = Locale::from_tag(&document().document_element()?.get_attribute("lang")?)?;
    let response: Response =
        JsFuture::from(window().fetch_with_str(&link.href())).await.ok()?.dyn_into().ok()?;
    let texts: js_sys::Array = JsFuture::from(response.json().ok()?).await.ok()?.dyn_into().ok()?;
    let entries =
        texts.iter().map(|text| &*String::leak(text.as_string().unwrap_or_default())).collect();
    Some(Text::fetched(locale, entries))
}

/// Panics with their place in the console, in development.
#[cfg(debug_assertions)]
pub fn log_panics() {
    std::panic::set_hook(Box::new(|info| leptos::logging::error!("{info}")));
}
