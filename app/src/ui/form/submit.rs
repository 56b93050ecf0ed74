//! A form's way through script: the same fields to the same server function, without leaving the page.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, FormData, HtmlElement, HtmlFormElement, UrlSearchParams};

use super::{Done, FormAction, FormContext, FormState, RefusedForm};
use crate::call;
use crate::error::AppError;
use crate::live::Refresh;
use crate::ui::card_frame::stripe::Refusal;
use crate::visit;

/// The handler of a form's `submit` event.
pub(super) fn handler(
    form: FormContext,
) -> impl Fn(leptos::ev::SubmitEvent) + Clone + Send + Sync + 'static {
    let navigate = use_navigate();
    let refresh = use_context::<Refresh>();
    let refused = use_context::<RefusedForm>();
    move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if form.pending.get_untracked() {
            return;
        }
        let Some(element) =
            event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok())
        else {
            return;
        };
        let Some(fields) = fields(&element, event.submitter()) else { return };
        form.pending.set(true);
        let navigate = navigate.clone();
        spawn_local(async move {
            form.said.set(None);
            let outcome = match form.frame.get_value() {
                Some(frame) => frame.confirm(&fields).await,
                None => post(&form.action.get_value(), &fields).await.map_err(Refusal::Ours),
            };
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
                Err(Refusal::Theirs(said)) => {
                    form.pending.try_set(false);
                    form.said.try_set(Some(said));
                    focus_first_fault(element);
                }
                Err(Refusal::Ours(AppError::Unauthenticated)) => visit::sign_in(),
                Err(Refusal::Ours(error)) => {
                    form.pending.try_set(false);
                    if matches!(error, AppError::Conflict { .. } | AppError::Declined { .. }) {
                        make_page_anew(form, &error, refused, refresh);
                    }
                    form.error.try_set(Some(error));
                    focus_first_fault(element);
                }
            }
        });
    }
}

/// What the page was made from has changed: it is asked for again, and its new form says why.
fn make_page_anew(
    form: FormContext,
    error: &AppError,
    refused: Option<RefusedForm>,
    refresh: Option<Refresh>,
) {
    if let (Some(refused), Some(action)) = (refused, form.action.try_get_value()) {
        let state = FormState {
            form: FormAction(action).name().to_owned(),
            values: Vec::new(),
            error: error.clone(),
        };
        refused.0.set(Some(state));
    }
    if let Some(refresh) = refresh {
        refresh.bump();
    }
}

/// The form's fields, the pressed button's among them.
fn fields(element: &HtmlFormElement, submitter: Option<HtmlElement>) -> Option<UrlSearchParams> {
    let data = FormData::new_with_form(element).ok()?;
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?;
    if let Some(button) = submitter
        && let (Some(name), Some(value)) =
            (button.get_attribute("name"), button.get_attribute("value"))
    {
        fields.append(&name, &value);
    }
    Some(fields)
}

/// Calls the form's server function. Concrete for all forms: a form adds no code of its own to the download.
async fn post(path: &str, fields: &UrlSearchParams) -> Result<Done, AppError> {
    let json = call::post(path, fields).await?;
    serde_json::from_str(&json).map_err(|_| AppError::Outdated)
}

/// Leads the reader to what needs attention: the first faulty field, else the refusal.
fn focus_first_fault(form: HtmlFormElement) {
    request_animation_frame(move || {
        let find = |selector: &str| form.query_selector(selector).ok().flatten();
        let faulty = find("[aria-invalid=true]")
            .or_else(|| find("fieldset:has(.field-error) input"))
            .or_else(|| find("[role=alert]"));
        if let Some(element) = faulty.as_ref().and_then(Element::dyn_ref::<HtmlElement>) {
            let _ = element.focus();
        }
    });
}
