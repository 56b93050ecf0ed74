//! Stripe's script in the browser: loading it, mounting its frame, and confirming what was entered there.
//!
//! Called by name, through `Reflect`: the script is Stripe's and is not there when our wasm is linked.

use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::prelude::*;
use leptos_router::location::Location;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, HtmlElement, HtmlScriptElement, UrlSearchParams};

use super::{CardFrame, FRAME_ID};
use crate::call;
use crate::error::AppError;
use crate::ui::form::{Done, FormContext};
use crate::visit;

/// So long the script, and then the frame, may take; afterwards the way to the processor's page stays.
const PATIENCE_MS: i32 = 8_000;

/// A frame that stands in the page.
#[derive(Clone)]
pub(crate) struct Mounted {
    frame: CardFrame,
    stripe: JsValue,
    elements: JsValue,
    element: JsValue,
}

/// Why nothing was added.
pub(crate) enum Refusal {
    Ours(AppError),
    /// In Stripe's own words, in the reader's language.
    Theirs(String),
}

/// Brings the frame into the page, if it can be had. Without it the form stays as it is.
pub(super) fn begin(frame: CardFrame, form: FormContext, location: Location) {
    // The policy that allows the frame came with the document: from another page of the portal it is loaded anew.
    if !visit::is_landing(&location.pathname.get_untracked()) {
        visit::load_again(location);
        return;
    }
    spawn_local(async move {
        // Without it the way to the processor's page stays.
        if let Ok(mounted) = mount(frame).await {
            form.adopt(mounted);
        }
    });
}

async fn mount(frame: CardFrame) -> Result<Mounted, JsValue> {
    let window = JsValue::from(window());
    if get(&window, "Stripe").is_undefined() {
        load_script(&frame.js_url).await?;
    }
    let language = document().document_element().and_then(|html| html.get_attribute("lang"));
    let options = object(&[("locale", language.unwrap_or_default().into())])?;
    let stripe = call(&window, "Stripe", &[frame.publishable_key.as_str().into(), options])?;
    let is_card = frame.is_card();
    let options = if is_card { JsValue::UNDEFINED } else { elements_options(&frame)? };
    let elements = call(&stripe, "elements", &[options])?;
    let element = call(&elements, "create", &[frame.element.as_str().into()])?;
    let ready = (!is_card).then(|| {
        patiently(|resolve, reject| {
            let _ = call(&element, "on", &["ready".into(), resolve.into()]);
            let _ = call(&element, "on", &["loaderror".into(), reject.into()]);
        })
    });
    call(&element, "mount", &[format!("#{FRAME_ID}").into()])?;
    if let Some(ready) = ready {
        JsFuture::from(ready).await?;
    }
    Ok(Mounted { frame, stripe, elements, element })
}

/// How Stripe's fields look: our colours as they are in this theme, and what is going to be charged.
fn elements_options(frame: &CardFrame) -> Result<JsValue, JsValue> {
    let at = document().get_element_by_id(FRAME_ID).ok_or(JsValue::NULL)?;
    let style = window().get_computed_style(&at)?.ok_or(JsValue::NULL)?;
    let names = [
        ("colorPrimary", "--frame-brand"),
        ("colorBackground", "--frame-surface"),
        ("colorText", "--frame-text"),
        ("colorTextSecondary", "--frame-text-quiet"),
        ("colorDanger", "--frame-bad"),
        ("fontFamily", "--font"),
        ("borderRadius", "--frame-radius"),
    ];
    let variables = Object::new();
    for (name, property) in names {
        let value = style.get_property_value(property)?;
        Reflect::set(&variables, &name.into(), &value.trim().into())?;
    }
    object(&[
        ("mode", "setup".into()),
        ("currency", frame.currency.as_str().into()),
        ("appearance", object(&[("variables", variables.into())])?),
    ])
}

impl Mounted {
    /// What the button says.
    pub(crate) fn submit(&self) -> String {
        self.frame.submit.clone()
    }

    /// Begins the setup with the form's fields and lets Stripe confirm it with what stands in the frame.
    pub(crate) async fn confirm(&self, fields: &UrlSearchParams) -> Result<Done, Refusal> {
        self.check().await?;
        let json = call::post(&self.frame.begin, fields).await.map_err(Refusal::Ours)?;
        let setup = js_sys::JSON::parse(&json).unwrap_or(JsValue::UNDEFINED);
        let text = |name| get(&setup, name).as_string().ok_or(Refusal::Ours(AppError::Outdated));
        let (client_secret, return_url) = (text("client_secret")?, text("return_url")?);
        let confirmed = self.confirmation(&client_secret, &return_url);
        self.accepted(confirmed).await?;
        Ok(Done::at(return_url))
    }

    /// Stripe looks at its fields before anything is begun.
    async fn check(&self) -> Result<(), Refusal> {
        if self.frame.is_card() {
            return Ok(());
        }
        self.accepted(call(&self.elements, "submit", &[])).await
    }

    /// The one place that knows both kinds of fields.
    fn confirmation(&self, client_secret: &str, return_url: &str) -> Result<JsValue, JsValue> {
        let secret = JsValue::from(client_secret);
        if self.frame.is_card() {
            let method = object(&[("card", self.element.clone())])?;
            let data = object(&[("payment_method", method)])?;
            return call(&self.stripe, "confirmCardSetup", &[secret, data]);
        }
        let back = object(&[("return_url", return_url.into())])?;
        let data = object(&[
            ("elements", self.elements.clone()),
            ("clientSecret", secret),
            ("confirmParams", back),
        ])?;
        call(&self.stripe, "confirmSetup", &[data])
    }

    /// Waits for an answer of Stripe's: what it refuses stands in `error`.
    async fn accepted(&self, answer: Result<JsValue, JsValue>) -> Result<(), Refusal> {
        let silent = |_| Refusal::Theirs(self.frame.refused.clone());
        let answer = JsFuture::from(Promise::resolve(&answer.map_err(silent)?)).await;
        let error = get(&answer.map_err(silent)?, "error");
        if error.is_null() || error.is_undefined() {
            return Ok(());
        }
        let said = get(&error, "message").as_string();
        Err(Refusal::Theirs(said.unwrap_or_else(|| self.frame.refused.clone())))
    }
}

impl CardFrame {
    fn is_card(&self) -> bool {
        self.element == "card"
    }
}

/// Adds the script with the page's nonce and waits for it.
async fn load_script(url: &str) -> Result<(), JsValue> {
    let script: HtmlScriptElement = document().create_element("script")?.dyn_into()?;
    let ours = document().query_selector("script[nonce]")?;
    if let Some(ours) = ours.as_ref().and_then(Element::dyn_ref::<HtmlElement>) {
        script.set_attribute("nonce", &ours.nonce())?;
    }
    script.set_src(url);
    let loaded = patiently(|resolve, reject| {
        script.set_onload(Some(resolve));
        script.set_onerror(Some(reject));
    });
    document().head().ok_or(JsValue::NULL)?.append_child(&script)?;
    JsFuture::from(loaded).await.map(drop)
}

/// A promise that is broken when it takes too long.
fn patiently(begin: impl Fn(&Function, &Function)) -> Promise {
    Promise::new(&mut |resolve, reject| {
        begin(&resolve, &reject);
        let _ =
            window().set_timeout_with_callback_and_timeout_and_arguments_0(&reject, PATIENCE_MS);
    })
}

/// Calls a method by its name.
fn call(on: &JsValue, name: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let method: Function = Reflect::get(on, &name.into())?.dyn_into()?;
    method.apply(on, &arguments.iter().collect::<Array>())
}

/// A property; undefined where there is none.
fn get(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

fn object(entries: &[(&str, JsValue)]) -> Result<JsValue, JsValue> {
    let object = Object::new();
    for (name, value) in entries {
        Reflect::set(&object, &(*name).into(), value)?;
    }
    Ok(object.into())
}
