//! The one form of the portal.
//!
//! ```ignore
//! view! {
//!     <Form action={action::<CancelSubscription>()} organization=slug>
//!         <Hidden name="subscription_id" value=id.to_string()/>
//!         <TextField name="email" label=t.sign_in_email_label() autocomplete="email"/>
//!         <SubmitButton label=t.cancel_submit(plan, date) pending=t.cancel_pending()/>
//!     </Form>
//! }
//! ```
//!
//! With script it posts its fields to the server function and goes where the answer says. Without, the browser posts them
//! to the page's own path: a success is a 303, a refusal is the same page with its status, the typed values and the messages
//! beside their fields ([`FormState`]). No error travels in a URL.

mod fields;
#[cfg(feature = "hydrate")]
mod submit;
#[cfg(feature = "hydrate")]
mod typing;

pub use fields::{
    Choice, Control, Field, Hidden, Input, RadioGroup, SubmitButton, TextArea, TextField, field,
};
#[cfg(feature = "hydrate")]
pub use typing::is_being_filled_in;

use domain::field_errors::FieldErrors;
use leptos::context::Provider;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::text::{Text, use_text};
#[cfg(feature = "hydrate")]
use crate::ui::card_frame::stripe::Mounted;
use crate::ui::icon::Icon;
use crate::ui::tone::Tone;

/// A form's success: where to go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// A path of the portal, or an address of a processor's page.
    pub to: String,
}

impl Done {
    /// Success that leads to `path`.
    #[must_use]
    pub fn at(path: String) -> Self {
        Self { to: path }
    }

    /// Success that leads to `url`, on this site or at one of the processors.
    ///
    /// # Errors
    /// `Internal` for any other address: a mistake of ours that a stranger could use.
    #[cfg(feature = "ssr")]
    pub fn leave(url: String) -> Result<Self, AppError> {
        let portal = crate::ssr::portal()?;
        if portal.leads_to(&url) {
            return Ok(Self { to: url });
        }
        Err(crate::ssr::internal(&crate::ssr::ForeignAddress))
    }
}

/// The server function behind a form: its path under `/api/`, which is the form's name too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormAction(pub(crate) String);

impl FormAction {
    /// The value of the hidden field `_form`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.trim_start_matches("/api/")
    }
}

/// The action of a form that calls `F`.
#[must_use]
pub fn action<F: ServerFn<Output = Done, Error = AppError>>() -> FormAction {
    FormAction(F::PATH.to_owned())
}

/// A refused form as it comes back to its page: rendered by the server, read again where the page comes alive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormState {
    pub form: String,
    /// What was typed, without secrets.
    pub values: Vec<(String, String)>,
    pub error: AppError,
}

/// The refused form of this page, if there is one; emptied when the reader goes on.
#[derive(Clone, Copy, Debug)]
pub struct RefusedForm(pub RwSignal<Option<FormState>>);

/// What the fields and buttons of one form share.
#[derive(Clone, Copy, Debug)]
pub struct FormContext {
    #[cfg_attr(
        not(feature = "hydrate"),
        expect(dead_code, reason = "only script posts by itself")
    )]
    action: StoredValue<String>,
    values: StoredValue<Vec<(String, String)>>,
    error: RwSignal<Option<AppError>>,
    /// A refusal in a processor's own words.
    said: RwSignal<Option<String>>,
    pending: RwSignal<bool>,
    /// What the button says once a processor's frame stands in the form.
    pub(crate) framed_submit: RwSignal<Option<String>>,
    #[cfg(feature = "hydrate")]
    frame: StoredValue<Option<Mounted>, LocalStorage>,
    text: Text,
}

impl FormContext {
    fn new(action: FormAction, text: Text) -> Self {
        let refused = use_context::<RefusedForm>().and_then(|refused| refused.0.get_untracked());
        let refused = refused.filter(|state| state.form == action.name());
        let (values, error) =
            refused.map_or((Vec::new(), None), |state| (state.values, Some(state.error)));
        Self {
            action: StoredValue::new(action.0),
            values: StoredValue::new(values),
            error: RwSignal::new(error),
            said: RwSignal::new(None),
            pending: RwSignal::new(false),
            framed_submit: RwSignal::new(None),
            #[cfg(feature = "hydrate")]
            frame: StoredValue::new_local(None),
            text,
        }
    }

    /// From now on the form's button confirms what stands in the frame; not while the form is on its way already.
    #[cfg(feature = "hydrate")]
    pub(crate) fn adopt(self, frame: Mounted) {
        if self.pending.try_get_untracked() == Some(false) {
            self.framed_submit.set(Some(frame.submit()));
            self.frame.set_value(Some(frame));
        }
    }

    /// Whether the form comes back from being refused: a box without a value was left empty then.
    fn was_sent(self) -> bool {
        self.values.with_value(|values| !values.is_empty())
    }

    /// What stands above the fields.
    fn refusal(self) -> Option<String> {
        let ours =
            || self.error.with(|error| error.as_ref().map(|error| refusal(self.text, error)));
        self.said.get().or_else(ours)
    }

    /// What was typed into a field before the form came back.
    fn typed(self, name: &str) -> Option<String> {
        self.values.with_value(|values| {
            values.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone())
        })
    }

    /// The message of a field.
    fn fault(self, name: &str) -> Option<String> {
        self.error.with(|error| match error {
            Some(AppError::Invalid(errors)) => {
                errors.first(name).map(|code| message(self.text, code))
            }
            _ => None,
        })
    }
}

/// The code for a wrong code that may be tried again: the only one with a number in it.
#[must_use]
pub fn tries_left_code(tries_left: u8) -> String {
    format!("{TRIES_LEFT}{tries_left}")
}

const TRIES_LEFT: &str = "tries_left_";

/// The text of an error's code.
#[must_use]
pub fn message(t: Text, code: &str) -> String {
    let tries_left = code.strip_prefix(TRIES_LEFT).and_then(|tries| tries.parse().ok());
    match tries_left {
        Some(tries) => t.code_tries_left(tries),
        None => t.error(code).unwrap_or_else(|| t.error_invalid()).to_owned(),
    }
}

/// A refusal in words, for the top of a form.
#[must_use]
pub fn refusal(t: Text, error: &AppError) -> String {
    match error {
        AppError::Invalid(errors) => summary(t, errors),
        AppError::Conflict { code } | AppError::Declined { code } => message(t, code),
        AppError::RateLimited { retry_after_s } => {
            t.failure_limited_text(i64::from(retry_after_s.div_ceil(60)))
        }
        AppError::Unauthenticated => t.failure_unauthenticated_text().to_owned(),
        AppError::Forbidden => t.failure_forbidden_title().to_owned(),
        AppError::NotFound => t.failure_not_found_text().to_owned(),
        AppError::Internal { request_id } => {
            format!("{} {}", t.failure_internal_text(), t.common_request_id(request_id))
        }
        AppError::Outdated => t.failure_reload_text().to_owned(),
        AppError::Transport => t.failure_network_text().to_owned(),
    }
}

/// Mistakes that belong to no visible field are named; the others stand beside their fields and are counted.
fn summary(t: Text, errors: &FieldErrors) -> String {
    match errors.first("form") {
        Some(code) => message(t, code),
        None => t.error_summary(i64::try_from(errors.0.len()).unwrap_or(i64::MAX)),
    }
}

/// A form that works with and without script. Its fields and its button are children; see the module.
#[component]
pub fn Form(
    /// Of which server function: `action::<TheFunction>()`.
    action: FormAction,
    /// The organization's slug.
    organization: String,
    /// Where to post without script, when that is not the page's own path.
    #[prop(optional, into)]
    path: Option<String>,
    /// The class of the element; `form` unless told.
    #[prop(default = "form")]
    class: &'static str,
    children: Children,
) -> impl IntoView {
    let name = action.name().to_owned();
    let form = FormContext::new(action, use_text());
    #[cfg(feature = "hydrate")]
    let on_submit = submit::handler(form);
    #[cfg(not(feature = "hydrate"))]
    let on_submit = |_event: leptos::ev::SubmitEvent| ();
    view! {
        <form method="post" action=path class=class novalidate=true on:submit=on_submit>
            <input type="hidden" name="_form" value=name/>
            <input type="hidden" name="organization" value=organization/>
            {move || form.refusal().map(alert)}
            <Provider value=form>{children()}</Provider>
        </form>
    }
    .into_any()
}

/// The refusal above the fields; announced when it appears.
fn alert(text: String) -> AnyView {
    view! {
        <div class="alert alert-bad" role="alert" tabindex="-1">
            <Icon name=Tone::Bad.icon()/>
            <p class="alert-body">{text}</p>
        </div>
    }
    .into_any()
}
