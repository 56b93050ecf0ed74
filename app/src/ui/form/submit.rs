//! A form's way through script: the same fields to the same server function, without leaving the page.

use leptos::prelude::*;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::{Bytes, Decodes};
use leptos_router::hooks::use_navigate;
use leptos_router::NavigateOptions;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, FormData, HtmlElement, HtmlFormElement, RequestInit, Response, UrlSearchParams};

use super::{Done, FormContext};
use crate::error::AppError;
use crate::live::Refresh;
use crate::visit;

/// The handler of a form's `submit` event.
pub(super) fn handler(form: FormContext) -> impl Fn(leptos::ev::SubmitEvent) + Clone + Send + Sync + 'static {
    let navigate = use_navigate();
    let refresh = use_context::<Refresh>();
    move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if form.pending.get_untracked() {
            return;
        }
        let Some(element) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok()) else { return };
        let Some(fields) = fields(&element, event.submitter()) else { return };
        form.pending.set(true);
        let navigate = navigate.clone();
        spawn_local(async move {
            let outcome = post(form.action.0, &fields).await;
            match outcome {
                Ok(done) if visit::stays(&done.to) => {
                    form.pending.try_set(false);
                    form.error.try_set(None);
                    if let Some(refresh) = refresh {
                        refresh.bump();
                    }
                    navigate(&done.to, NavigateOptions::default());
                }
                Ok(done) => visit::load(&done.to),
                Err(AppError::Unauthenticated) => visit::sign_in(),
                Err(error) => {
                    form.pending.try_set(false);
                    form.error.try_set(Some(error));
                    focus_first_fault(element);
                }
            }
        });
    }
}

/// The form's fields, the pressed button's among them.
fn fields(element: &HtmlFormElement, submitter: Option<HtmlElement>) -> Option<UrlSearchParams> {
    let data = FormData::new_with_form(element).ok()?;
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?;
    if let Some(button) = submitter
        && let (Some(name), Some(value)) = (button.get_attribute("name"), button.get_attribute("value"))
    {
        fields.append(&name, &value);
    }
    Some(fields)
}

/// Calls the server function. Concrete for all forms: a form adds no code of its own to the download.
async fn post(path: &str, fields: &UrlSearchParams) -> Result<Done, AppError> {
    let (status, body) = exchange(path, fields).await.map_err(|_| AppError::Transport)?;
    if (200..300).contains(&status) {
        return <JsonEncoding as Decodes<Done>>::decode(Bytes::from(body)).map_err(|_| AppError::Outdated);
    }
    let error = AppError::de(Bytes::from(body));
    Err(match (error, status) {
        // An answer from before the server function: a limit or a check of the server's door.
        (AppError::Outdated, 403) => AppError::Forbidden,
        (AppError::Outdated, 413) => AppError::field("form", "too_long"),
        (AppError::Outdated, 429) => AppError::RateLimited { retry_after_s: 60 },
        (AppError::Outdated, 500..) => AppError::Transport,
        (error, _) => error,
    })
}

async fn exchange(path: &str, fields: &UrlSearchParams) -> Result<(u16, String), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_body(fields);
    let response: Response = JsFuture::from(window.fetch_with_str_and_init(path, &request)).await?.dyn_into()?;
    let body = JsFuture::from(response.text()?).await?;
    Ok((response.status(), body.as_string().unwrap_or_default()))
}

/// Leads the reader to what needs attention: the first faulty field, else the refusal.
fn focus_first_fault(form: HtmlFormElement) {
    request_animation_frame(move || {
        let find = |selector: &str| form.query_selector(selector).ok().flatten();
        let faulty = find("[aria-invalid=true]").or_else(|| find("fieldset:has(.field-error) input")).or_else(|| find("[role=alert]"));
        if let Some(element) = faulty.as_ref().and_then(Element::dyn_ref::<HtmlElement>) {
            let _ = element.focus();
        }
    });
}
