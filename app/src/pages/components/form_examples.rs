//! A form as it is first seen, and as it comes back with mistakes.

use domain::field_errors::FieldErrors;
use leptos::prelude::*;

use crate::error::AppError;
use crate::ui::form::{
    Choice, Form, FormAction, FormState, RadioGroup, RefusedForm, SubmitButton, TextArea, TextField,
};
use crate::ui::section::Section;

pub(super) fn all() -> AnyView {
    view! {
        <Section title="Form">{form(FormAction("/api/example".to_owned()), "")}</Section>
        <Section title="Form, refused">{refused()}</Section>
    }
    .into_any()
}

fn refused() -> AnyView {
    let mut errors = FieldErrors::default();
    errors.push("email-refused", "email_invalid");
    errors.push("reason-refused", "required");
    let action = FormAction("/api/example/refused".to_owned());
    let state = FormState {
        form: action.name().to_owned(),
        values: vec![("email-refused".to_owned(), "ada@example".to_owned())],
        error: AppError::Invalid(errors),
    };
    provide_context(RefusedForm(RwSignal::new(Some(state))));
    form(action, "-refused")
}

/// Two forms stand on one page, so their fields have names of their own.
fn form(action: FormAction, suffix: &str) -> AnyView {
    let names = match suffix {
        "" => ["email", "code", "reason", "comment"],
        _ => ["email-refused", "code-refused", "reason-refused", "comment-refused"],
    };
    let choice = |value: &str, detail: Option<&str>| Choice {
        value: value.to_owned(),
        label: format!("Choice {value}"),
        detail: detail.map(str::to_owned),
    };
    view! {
        <Form action=action organization=String::new() path="/components">
            <TextField name=names[0] label="TextField" hint="A hint.".to_owned() kind="email"/>
            <TextField name=names[1] label="TextField for a code" is_code=true maxlength="16"/>
            <RadioGroup name=names[2] legend="RadioGroup" choices=vec![choice("1", Some("A quiet second line.")), choice("2", None)]/>
            <TextArea name=names[3] label="TextArea"/>
            <div class="form-actions">
                <SubmitButton label="SubmitButton" pending="Pending…"/>
            </div>
        </Form>
    }
    .into_any()
}
