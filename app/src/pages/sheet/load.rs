//! Which page is made where, and what every one of them begins with.

use std::sync::Arc;

use backend::actor::Actor;
use backend::context::Context;
use backend::organization::OrganizationView;
use backend::session::SignedIn;
use domain::id::SubscriptionId;
use leptos::prelude::use_context;

use crate::error::AppError;
use crate::pages::settings::payment_methods;
use crate::pages::{notices, orders, settings, subscription};
use crate::ssr::{Portal, portal, request_info, signed_in};
use crate::text::Text;
use crate::ui::sheet::Sheet;

/// What the address of a page says.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The organization's slug.
    pub organization: String,
    pub id: String,
    pub product: Option<String>,
    pub seats: Option<String>,
    /// The step that led here.
    pub done: Option<String>,
    /// Where a finished step leads, if not up.
    pub to: Option<String>,
    /// What is going to be paid.
    pub order: Option<String>,
    /// What is going to be charged with a new payment method.
    pub subscription: Option<String>,
    /// Of a payment method that was not added.
    pub setup: Option<String>,
    /// Counts from 1.
    pub page: Option<String>,
}

/// Who asks, and all that it takes to answer.
pub(crate) struct Reader {
    pub portal: Portal,
    pub organization: Arc<OrganizationView>,
    pub person: SignedIn,
    pub text: Text,
    pub cx: Context,
}

impl Asked {
    /// The signed-in person. Every page of this kind needs one.
    ///
    /// # Errors
    /// `Unauthenticated`; `NotFound` for an unknown organization.
    pub async fn reader(&self) -> Result<Reader, AppError> {
        Reader::of(&self.organization).await
    }

    /// The subscription of the address.
    ///
    /// # Errors
    /// `NotFound` for what is no id.
    pub fn subscription_id(&self) -> Result<SubscriptionId, AppError> {
        self.id.parse().map_err(|_| AppError::NotFound)
    }
}

impl Reader {
    /// Who is signed in at the organization of this slug; for pages and forms alike.
    ///
    /// # Errors
    /// `Unauthenticated`; `NotFound` for an unknown organization.
    pub async fn of(organization: &str) -> Result<Self, AppError> {
        let (portal, (organization, person)) = (portal()?, signed_in(organization).await?);
        let text = use_context::<Text>().ok_or(AppError::Outdated)?;
        let cx = portal.context(person.actor.clone(), &request_info()?);
        Ok(Self { portal, organization, person, text, cx })
    }

    pub fn actor(&self) -> Actor {
        Actor::Member(self.person.actor.clone())
    }

    /// The role may change what is billed.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn may_write_billing(&self) -> Result<(), AppError> {
        if self.person.actor.role.can_write_billing() { Ok(()) } else { Err(AppError::Forbidden) }
    }
}

/// Makes the page of this name.
pub(super) async fn load(name: &str, asked: Asked) -> Result<Sheet, AppError> {
    match name {
        "activity" => settings::activity::sheet(&asked).await,
        "billing" => settings::billing::sheet(&asked).await,
        "email" => settings::email::sheet(&asked).await,
        "notices" => notices::load::sheet(&asked).await,
        "order-pay" => orders::pay::sheet(&asked).await,
        "order" => orders::show::sheet(&asked).await,
        "subscription" => subscription::show::sheet(&asked).await,
        "cancel" => subscription::cancel::sheet(&asked).await,
        "cancel-now" => subscription::cancel_now::sheet(&asked).await,
        "keep" => subscription::keep::sheet(&asked).await,
        "plan" => subscription::plan::sheet(&asked).await,
        "seats" => subscription::seats::sheet(&asked).await,
        "pause" => subscription::pause::sheet(&asked).await,
        "keep-running" => subscription::pause::keep_running_sheet(&asked).await,
        "resume" => subscription::go_on::resume(&asked).await,
        "resubscribe" => subscription::go_on::resubscribe(&asked).await,
        "payment-method" => subscription::payment_method::sheet(&asked).await,
        "payment-methods" => payment_methods::list::sheet(&asked).await,
        "payment-method-add" => payment_methods::add::sheet(&asked).await,
        "payment-method-default" => payment_methods::default::sheet(&asked).await,
        "payment-method-backup" => payment_methods::backup::sheet(&asked).await,
        "payment-method-remove" => payment_methods::remove::sheet(&asked).await,
        "payments" => settings::payments::sheet(&asked).await,
        "undo-update" => subscription::undo_update::sheet(&asked).await,
        _ => Err(AppError::Outdated),
    }
}
