//! What stands in a form. Each field keeps what was typed, shows its message beside it and is joined to it for readers of
//! screens. Every field is a [`Field`], which may come from the server as data; the components are shorter ways to write one.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::FormContext;

/// A value that the reader does not see.
#[component]
pub fn Hidden(#[prop(into)] name: String, value: String) -> impl IntoView {
    view! { <input type="hidden" name=name value=value/> }
}

/// One field of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    pub name: String,
    /// Of a group of choices: its legend.
    pub label: String,
    pub hint: Option<String>,
    /// What the field holds when it has not been typed into.
    pub value: String,
    pub control: Control,
}

/// How a field is filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Control {
    Input(Input),
    /// Several lines of text, of at most so many characters.
    TextArea(u16),
    /// One of several, in a list that opens.
    Select(Vec<Choice>),
    /// One of several, all in sight.
    Radio(Vec<Choice>),
    /// Yes or no: sends `true` when it is ticked, nothing otherwise.
    Check,
}

impl Default for Control {
    fn default() -> Self {
        Self::Input(Input::default())
    }
}

/// The attributes of a field of one line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// `text` when empty; `email`, `number`, `date`, …
    pub kind: String,
    pub autocomplete: Option<String>,
    pub autocapitalize: Option<String>,
    /// Of a number or a date.
    pub min: Option<String>,
    pub max: Option<String>,
    pub maxlength: Option<String>,
    /// In the letters of a code.
    pub is_code: bool,
}

/// One of the values of a field with choices.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub value: String,
    pub label: String,
    /// A quiet second line; not shown in a list that opens.
    pub detail: Option<String>,
}

impl Field {
    /// A field of one line.
    #[must_use]
    pub fn text(name: &str, label: impl Into<String>) -> Self {
        Self { name: name.to_owned(), label: label.into(), ..Self::default() }
    }

    /// A whole number from `min` to `max`.
    #[must_use]
    pub fn number(name: &str, label: impl Into<String>, min: i64, max: Option<i64>) -> Self {
        Self::text(name, label).with(Control::Input(Input {
            kind: "number".to_owned(),
            min: Some(min.to_string()),
            max: max.map(|max| max.to_string()),
            ..Input::default()
        }))
    }

    /// A day from `min` to `max`, both as `2026-05-01`.
    #[must_use]
    pub fn date(name: &str, label: impl Into<String>, min: String, max: String) -> Self {
        Self::text(name, label).with(Control::Input(Input {
            kind: "date".to_owned(),
            min: Some(min),
            max: Some(max),
            ..Input::default()
        }))
    }

    /// One of several.
    #[must_use]
    pub fn select(name: &str, label: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self::text(name, label).with(Control::Select(choices))
    }

    /// One of several, all in sight.
    #[must_use]
    pub fn radio(name: &str, legend: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self::text(name, legend).with(Control::Radio(choices))
    }

    /// Yes or no.
    #[must_use]
    pub fn check(name: &str, label: impl Into<String>, is_ticked: bool) -> Self {
        let value = if is_ticked { TICKED } else { "" };
        Self::text(name, label).with(Control::Check).value(value)
    }

    /// Several lines of text of at most `maxlength` characters.
    #[must_use]
    pub fn area(name: &str, label: impl Into<String>, maxlength: u16) -> Self {
        Self::text(name, label).with(Control::TextArea(maxlength))
    }

    #[must_use]
    pub fn with(self, control: Control) -> Self {
        Self { control, ..self }
    }

    /// What a browser may fill in by itself, such as `postal-code`; for a field of one line.
    #[must_use]
    pub fn autocomplete(mut self, token: &str) -> Self {
        if let Control::Input(input) = &mut self.control {
            input.autocomplete = Some(token.to_owned());
        }
        self
    }

    /// What the field holds at first.
    #[must_use]
    pub fn value(self, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..self }
    }

    /// A quiet line below the label.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// Ids of what describes a field: its hint, and its message while it has one.
fn described_by(form: FormContext, name: &str, has_hint: bool) -> Option<String> {
    let mut ids = Vec::new();
    if has_hint {
        ids.push(format!("{name}-hint"));
    }
    if form.fault(name).is_some() {
        ids.push(format!("{name}-error"));
    }
    (!ids.is_empty()).then(|| ids.join(" "))
}

fn fault_view(form: FormContext, name: String) -> AnyView {
    (move || {
        form.fault(&name)
            .map(|text| view! { <p class="field-error" id=format!("{name}-error")>{text}</p> })
    })
    .into_any()
}

/// What a ticked box sends.
const TICKED: &str = "true";

/// A field with its label, its hint and its message. It stands in a [`super::Form`].
pub fn field(field: Field) -> AnyView {
    let form = expect_context::<FormContext>();
    let Field { name, label, hint, value, control } = field;
    let typed = form.typed(&name);
    if matches!(control, Control::Check) {
        let is_ticked = typed.map_or(!form.was_sent() && value == TICKED, |typed| typed == TICKED);
        let choice = Choice { value: TICKED.to_owned(), label, detail: hint };
        return choice_view("checkbox", &name, &name, is_ticked, choice);
    }
    let value = typed.unwrap_or(value);
    let hint_view = hint.clone().map(|hint| {
        view! { <p class="field-hint" id=format!("{name}-hint")>{hint}</p> }.into_any()
    });
    let faults = fault_view(form, name.clone());
    let has_hint = hint.is_some();
    let of = name.clone();
    let described = move || described_by(form, &of, has_hint);
    let of = name.clone();
    let invalid = move || form.fault(&of).map(|_| "true");
    if let Control::Radio(choices) = control {
        let radios: Vec<AnyView> = choices
            .into_iter()
            .enumerate()
            .map(|(at, choice)| {
                let is_chosen = value == choice.value;
                choice_view("radio", &name, &format!("{name}-{at}"), is_chosen, choice)
            })
            .collect();
        return view! {
            <fieldset class="choices" aria-describedby=described>
                <legend class="choices-legend">{label}</legend>
                {hint_view}
                {faults}
                {radios}
            </fieldset>
        }
        .into_any();
    }
    let (id, of) = (name.clone(), name.clone());
    let control = match control {
        Control::Input(input) => {
            let class = if input.is_code { "field-input field-input-code" } else { "field-input" };
            let kind = if input.kind.is_empty() { "text".to_owned() } else { input.kind };
            view! {
                <input
                    class=class
                    id=id
                    name=name
                    type=kind
                    value=value
                    autocomplete=input.autocomplete
                    autocapitalize=input.autocapitalize
                    spellcheck="false"
                    min=input.min
                    max=input.max
                    maxlength=input.maxlength
                    aria-invalid=invalid
                    aria-describedby=described
                />
            }
            .into_any()
        }
        Control::TextArea(maxlength) => view! {
            <textarea
                class="field-input"
                id=id
                name=name
                rows="3"
                maxlength=maxlength.to_string()
                aria-invalid=invalid
                aria-describedby=described
            >
                {value}
            </textarea>
        }
        .into_any(),
        Control::Check => ().into_any(),
        Control::Select(choices) | Control::Radio(choices) => {
            let options = options_view(choices, &value);
            view! {
                <select class="field-input" id=id name=name aria-invalid=invalid aria-describedby=described>
                    {options}
                </select>
            }
            .into_any()
        }
    };
    view! {
        <div class="field">
            <label class="field-label" for=of>{label}</label>
            {hint_view}
            {control}
            {faults}
        </div>
    }
    .into_any()
}

fn options_view(choices: Vec<Choice>, chosen: &str) -> Vec<AnyView> {
    let option = |choice: Choice| {
        let is_chosen = choice.value == chosen;
        view! { <option value=choice.value selected=is_chosen>{choice.label}</option> }.into_any()
    };
    choices.into_iter().map(option).collect()
}

/// `kind` is `radio` or `checkbox`.
fn choice_view(kind: &'static str, name: &str, id: &str, checked: bool, choice: Choice) -> AnyView {
    view! {
        <label class="choice" for=id.to_owned()>
            <input type=kind id=id.to_owned() name=name.to_owned() value=choice.value checked=checked/>
            <span>{choice.label}</span>
            {choice.detail.map(|detail| view! { <span class="choice-detail">{detail}</span> })}
        </label>
    }
    .into_any()
}

/// One line of text.
#[component]
pub fn TextField(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    /// What the field holds when it has not been typed into.
    #[prop(optional, into)]
    value: String,
    #[prop(optional, into)] hint: Option<String>,
    /// `email`, `text`, …
    #[prop(optional, into)]
    kind: String,
    #[prop(optional, into)] autocomplete: Option<String>,
    #[prop(optional, into)] autocapitalize: Option<String>,
    #[prop(optional, into)] maxlength: Option<String>,
    /// In the letters of a code.
    #[prop(optional)]
    is_code: bool,
) -> impl IntoView {
    let input =
        Input { kind, autocomplete, autocapitalize, maxlength, is_code, ..Input::default() };
    field(Field { name, label, hint, value, control: Control::Input(input) })
}

/// Several lines of text.
#[component]
pub fn TextArea(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(default = 2000)] maxlength: u16,
) -> impl IntoView {
    let control = Control::TextArea(maxlength);
    field(Field { name, label, hint, value: String::new(), control })
}

/// One choice of several.
#[component]
pub fn RadioGroup(
    #[prop(into)] name: String,
    #[prop(into)] legend: String,
    choices: Vec<Choice>,
) -> impl IntoView {
    field(Field { name, label: legend, control: Control::Radio(choices), ..Field::default() })
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
            {move || if form.pending.get() { pending.clone() } else { form.framed_submit.get().unwrap_or_else(|| label.clone()) }}
        </button>
    }
    .into_any()
}
