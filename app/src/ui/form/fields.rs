//! What stands in a form. Each field keeps what was typed, shows its message beside it and is joined to it for readers of
//! screens.

use leptos::prelude::*;

use super::FormContext;

/// A value that the reader does not see.
#[component]
pub fn Hidden(name: &'static str, value: String) -> impl IntoView {
    view! { <input type="hidden" name=name value=value/> }
}

/// Ids of what describes a field: its hint, and its message while it has one.
fn described_by(
    form: FormContext,
    name: &'static str,
    has_hint: bool,
) -> impl Fn() -> Option<String> + Copy + Send + Sync + 'static {
    move || {
        let ids = match (has_hint, form.fault(name).is_some()) {
            (true, true) => format!("{name}-hint {name}-error"),
            (true, false) => format!("{name}-hint"),
            (false, true) => format!("{name}-error"),
            (false, false) => return None,
        };
        Some(ids)
    }
}

fn hint_view(name: &'static str, hint: Option<String>) -> AnyView {
    hint.map(|hint| view! { <p class="field-hint" id=format!("{name}-hint")>{hint}</p> }).into_any()
}

fn fault_view(form: FormContext, name: &'static str) -> AnyView {
    (move || {
        form.fault(name)
            .map(|text| view! { <p class="field-error" id=format!("{name}-error")>{text}</p> })
    })
    .into_any()
}

/// One line of text.
#[component]
pub fn TextField(
    name: &'static str,
    #[prop(into)] label: String,
    /// What the field holds when it has not been typed into.
    #[prop(optional, into)]
    value: String,
    #[prop(optional, into)] hint: Option<String>,
    /// `email`, `text`, …
    #[prop(default = "text")]
    kind: &'static str,
    #[prop(optional)] autocomplete: Option<&'static str>,
    #[prop(optional)] autocapitalize: Option<&'static str>,
    #[prop(optional)] maxlength: Option<&'static str>,
    #[prop(default = "field-input")] class: &'static str,
) -> impl IntoView {
    let form = expect_context::<FormContext>();
    let value = form.typed(name).unwrap_or(value);
    let described = described_by(form, name, hint.is_some());
    view! {
        <div class="field">
            <label class="field-label" for=name>{label}</label>
            {hint_view(name, hint)}
            <input
                class=class
                id=name
                name=name
                type=kind
                value=value
                autocomplete=autocomplete
                autocapitalize=autocapitalize
                spellcheck="false"
                maxlength=maxlength
                aria-invalid=move || form.fault(name).map(|_| "true")
                aria-describedby=described
            />
            {fault_view(form, name)}
        </div>
    }
    .into_any()
}

/// Several lines of text.
#[component]
pub fn TextArea(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(default = "2000")] maxlength: &'static str,
) -> impl IntoView {
    let form = expect_context::<FormContext>();
    let value = form.typed(name).unwrap_or_default();
    let described = described_by(form, name, hint.is_some());
    view! {
        <div class="field">
            <label class="field-label" for=name>{label}</label>
            {hint_view(name, hint)}
            <textarea
                class="field-input"
                id=name
                name=name
                rows="3"
                maxlength=maxlength
                aria-invalid=move || form.fault(name).map(|_| "true")
                aria-describedby=described
            >
                {value}
            </textarea>
            {fault_view(form, name)}
        </div>
    }
    .into_any()
}

/// One of the values of a [`RadioGroup`].
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub label: String,
    /// A quiet second line.
    pub detail: Option<String>,
}

/// One choice of several.
#[component]
pub fn RadioGroup(
    name: &'static str,
    #[prop(into)] legend: String,
    choices: Vec<Choice>,
) -> impl IntoView {
    let form = expect_context::<FormContext>();
    let typed = form.typed(name);
    let radios: Vec<AnyView> = choices
        .into_iter()
        .enumerate()
        .map(|(at, choice)| {
            radio(name, at, typed.as_deref() == Some(choice.value.as_str()), choice)
        })
        .collect();
    view! {
        <fieldset class="choices" aria-describedby=described_by(form, name, false)>
            <legend class="choices-legend">{legend}</legend>
            {fault_view(form, name)}
            {radios}
        </fieldset>
    }
    .into_any()
}

fn radio(name: &'static str, at: usize, checked: bool, choice: Choice) -> AnyView {
    view! {
        <label class="choice" for=format!("{name}-{at}")>
            <input type="radio" id=format!("{name}-{at}") name=name value=choice.value checked=checked/>
            <span>{choice.label}</span>
            {choice.detail.map(|detail| view! { <span class="choice-detail">{detail}</span> })}
        </label>
    }
    .into_any()
}

/// The button that sends its form; it says so while it does, and sends once.
#[component]
pub fn SubmitButton(
    #[prop(into)] label: String,
    /// What it says while the form is on its way.
    #[prop(into)]
    pending: String,
    #[prop(default = "button button-primary")] class: &'static str,
    /// A longer name for readers of screens, where several buttons read alike.
    #[prop(optional, into)]
    accessible_name: Option<String>,
) -> impl IntoView {
    let form = expect_context::<FormContext>();
    view! {
        <button type="submit" class=class aria-label=accessible_name aria-disabled=move || form.pending.get().then_some("true")>
            {move || if form.pending.get() { pending.clone() } else { label.clone() }}
        </button>
    }
    .into_any()
}
