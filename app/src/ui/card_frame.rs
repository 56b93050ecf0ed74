//! The processor's own fields for a card, in the processor's own frame. Nothing about the card passes through our code.
//!
//! The server renders the way to the processor's page; where script runs and the frame gets ready in time it takes that
//! page's place in the same form. It stands in a [`super::form::Form`]:
//!
//! ```ignore
//! SheetForm { frame: Some(CardFrame { … }), ..SheetForm::new(action::<AddPaymentMethod>(), t.methods_continue(&company), …) }
//! ```

#[cfg(feature = "hydrate")]
pub(crate) mod stripe;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::form::FormContext;

/// What the frame needs; every text in the reader's language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardFrame {
    /// The processor's script.
    pub js_url: String,
    /// The key that browsers may know.
    pub publishable_key: String,
    /// `payment`, or `card`: the processor's older fields, for cards only.
    pub element: String,
    /// Of what is going to be charged, in lower case.
    pub currency: String,
    /// The server function that begins the setup and answers a [`FrameSetup`]; it takes the form's fields.
    pub begin: String,
    /// What happens while the frame is not there: the reader is led to the processor's page.
    pub hosted: String,
    /// What happens with the frame.
    pub framed: String,
    /// Names the frame.
    pub label: String,
    /// What the button says with the frame.
    pub submit: String,
    /// What is said when the processor refuses without a reason.
    pub refused: String,
}

/// A setup that was begun for the frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameSetup {
    /// Opens this one setup, in the frame alone; it goes into no address and no log.
    pub client_secret: String,
    /// Where the browser goes when the card is entered.
    pub return_url: String,
}

/// The name of the element that holds the frame.
#[cfg(feature = "hydrate")]
pub(crate) const FRAME_ID: &str = "card-frame";

/// Shows the frame once it is ready, and until then what happens without it.
pub fn card_frame(frame: CardFrame) -> AnyView {
    let form = expect_context::<FormContext>();
    let (hosted, framed, label) = (frame.hosted.clone(), frame.framed.clone(), frame.label.clone());
    #[cfg(feature = "hydrate")]
    {
        let location = leptos_router::hooks::use_location();
        Effect::new(move |_| stripe::begin(frame.clone(), form, location.clone()));
    }
    let is_ready = move || form.framed_submit.with(Option::is_some);
    view! {
        <p>{move || if is_ready() { framed.clone() } else { hosted.clone() }}</p>
        <div class="card-frame" class:is-ready=is_ready>
            <p class="field-label" id="card-frame-label">{label}</p>
            <div class="card-frame-fields" id="card-frame" role="group" aria-labelledby="card-frame-label"></div>
        </div>
    }
    .into_any()
}
