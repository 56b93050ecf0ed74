//! Buying: the page behind a checkout's address. Whoever holds the address fills it in, sees what it comes to, and goes on to the
//! processor's page for the card. Without signing in and without script.

mod buy;
mod fields;
mod open;
mod settled;

pub use buy::BuyByCheckout;

use std::sync::Arc;

use backend::actor::Actor;
use backend::checkout::{self, CheckoutError, CheckoutRecord};
use backend::organization::OrganizationView;
use domain::checkout::CheckoutState;
use domain::id::CheckoutId;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::error::AppError;
use crate::pages::sign_in::awaited;
use crate::ssr::{
    self, CookieKind, Portal, RequestInfo, cookie_name, internal, portal, request_info,
};
use crate::text::{Text, use_text};
use crate::ui::sheet::{Block, Sheet, show};
use crate::ui::tone::Tone;
use crate::urls::paths;

/// A checkout of this organization, and who holds its secret.
struct Opened {
    record: CheckoutRecord,
    actor: Actor,
    secret: String,
}

/// The checkout that a secret opens; `None` for a secret that is not ours.
async fn open(
    portal: &Portal,
    organization: &OrganizationView,
    secret: &str,
) -> Result<Option<Opened>, AppError> {
    let found = checkout::of_client_secret(&portal.secret, secret);
    let Some((organization_id, checkout_id)) = found.filter(|(id, _)| *id == organization.id)
    else {
        return Ok(None);
    };
    let actor = Actor::Buyer { organization_id, checkout_id };
    let record =
        checkout::get(&portal.db, &actor, organization_id, checkout_id, portal.clock.now())
            .await
            .map_err(|error| internal(&error))?;
    Ok(record.map(|record| Opened { record, actor, secret: secret.to_owned() }))
}

/// `/{organization}/portal/checkout/{secret}`
pub fn page() -> AnyView {
    awaited(content)
}

async fn content(slug: String) -> Result<AnyView, AppError> {
    let t = use_text();
    let secret = use_params_map().with_untracked(|params| params.get("secret")).unwrap_or_default();
    let done = use_query_map().with_untracked(|query| query.get("done")).unwrap_or_default();
    let (portal, request) = (portal()?, request_info()?);
    let organization = ssr::organization(&slug).await?;
    let Some(opened) = open(&portal, &organization, &secret).await? else {
        return Ok(show(unknown(t, &organization)));
    };
    let state = opened.record.state;
    if state == CheckoutState::Succeeded
        && let Some(to) = hand_over(&portal, &request, &organization, &opened).await?
    {
        leptos_axum::redirect(&to);
        return Ok(().into_any());
    }
    if state == CheckoutState::Succeeded
        && !done.is_empty()
        && let Some(url) = settled::success_url(&opened.record)
    {
        ssr::go_on_to(&url);
    }
    let is_signed_in = ssr::signed_in(&slug)
        .await
        .is_ok_and(|(_, signed_in)| Some(signed_in.actor.customer_id) == opened.record.customer_id);
    let sheet = match state {
        CheckoutState::Succeeded => settled::bought(t, &organization, &opened.record, is_signed_in),
        CheckoutState::Expired | CheckoutState::Failed => {
            settled::over(t, &organization, &opened.record)
        }
        CheckoutState::Open | CheckoutState::Confirmed => {
            let products = fields::products(t, &portal, &opened.record).await?;
            open::sheet(t, &organization, &opened, products, &done)
        }
    };
    Ok(show(sheet))
}

/// Where the browser that has just bought is signed in; `None` when it is not to be.
async fn hand_over(
    portal: &Portal,
    request: &RequestInfo,
    organization: &Arc<OrganizationView>,
    opened: &Opened,
) -> Result<Option<String>, AppError> {
    let name = cookie_name(&portal.urls, CookieKind::Checkout, organization.id);
    let Some(browser) = request.cookies.get(&name) else { return Ok(None) };
    let slug = organization.slug.as_str();
    let here = format!("{}?done=bought", paths::checkout(slug, &opened.secret));
    let mut cx = portal.system_context(organization.id, request);
    let checkout_id: CheckoutId = opened.record.checkout_id;
    let code =
        checkout::hand_over(&portal.db, &mut cx, organization.id, checkout_id, browser, Some(here))
            .await
            .map_err(|error: CheckoutError| internal(&error))?;
    Ok(code.map(|code| portal.urls.hand_over(slug, code.expose())))
}

fn unknown(t: Text, organization: &OrganizationView) -> Sheet {
    Sheet::new(t.checkout_unknown_title())
        .status(404)
        .lead(t.checkout_unknown_text(&organization.name))
        .link(paths::sign_in(&organization.slug), t.checkout_sign_in())
}

fn alert(tone: Tone, title: impl Into<String>, text: Option<String>) -> Block {
    Block::alert(tone, title, text)
}
