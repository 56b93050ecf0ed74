//! Whether the reader is in the middle of a form.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlTextAreaElement, Node};

/// Whether a form of the page holds what the reader typed or chose, or is on its way: then the page is not made anew
/// under it.
#[must_use]
pub fn is_being_filled_in() -> bool {
    let find = |selector: &str| document().query_selector_all(selector).ok();
    let is_on_its_way = find("#content [type=submit][aria-disabled=true]")
        .is_some_and(|buttons| buttons.length() > 0);
    is_on_its_way
        || find("#content :is(textarea, input:not([type=hidden]))").is_some_and(|fields| {
            (0..fields.length()).filter_map(|at| fields.get(at)).any(|field| is_touched(&field))
        })
}

/// Whether a field holds something else than the page gave it.
fn is_touched(field: &Node) -> bool {
    if let Some(text) = field.dyn_ref::<HtmlTextAreaElement>() {
        return text.default_value().is_ok_and(|given| given != text.value());
    }
    field.dyn_ref::<HtmlInputElement>().is_some_and(|input| match input.type_().as_str() {
        "radio" | "checkbox" => input.checked() != input.default_checked(),
        _ => input.value() != input.default_value(),
    })
}
