//! The link to a new address: a page with one button, because scanners of mail open links and press none. Whoever presses it is
//! signed in.

use backend::email_update::{self, VerifyEmailUpdateError};
use leptos::prelude::*;

use super::awaited;
use super::finish::{cookie, enter};
use crate::error::AppError;
use crate::ssr::{self, CookieKind, clear_cookie, internal, portal, request_info};
use crate::text::{Text, use_text};
use crate::ui::form::{Done, action};
use crate::ui::sheet::{Block, Body, Sheet, SheetForm, show};
use crate::urls::paths;

/// Gives the customer the address whose link this browser opened.
#[server(prefix = "/api", endpoint = "email/verify")]
pub async fn confirm_email(organization: String) -> Result<Done, AppError> {
    let (portal, request) = (portal()?, request_info()?);
    let organization = ssr::organization(&organization).await?;
    let expired = || AppError::conflict("link_expired");
    let token =
        cookie(&portal, &request, &organization, CookieKind::EmailLink).ok_or_else(expired)?;
    let mut cx = portal.system_context(organization.id, &request);
    let agent = request.user_agent.clone();
    let (db, secret) = (&portal.db, &portal.secret);
    let (id, client) = (organization.id, &request.client);
    let session = email_update::verify_in_browser(db, secret, &mut cx, id, &token, client, agent)
        .await
        .map_err(|error| match error {
            VerifyEmailUpdateError::Invalid => expired(),
            VerifyEmailUpdateError::Taken => AppError::conflict("email_taken"),
            VerifyEmailUpdateError::Limited(limited) => {
                AppError::RateLimited { retry_after_s: limited.retry_after_s }
            }
            VerifyEmailUpdateError::Database(_) => internal(&error),
        })?;
    enter(&portal, &organization, &session);
    clear_cookie(&portal.urls, CookieKind::EmailLink, organization.id);
    Ok(Done::at(format!("{}?done=changed", paths::email(&organization.slug))))
}

/// `/{organization}/portal/verify-email`
pub fn page() -> AnyView {
    awaited(content)
}

async fn content(slug: String) -> Result<AnyView, AppError> {
    let t = use_text();
    let (portal, request) = (portal()?, request_info()?);
    let organization = ssr::organization(&slug).await?;
    let Some(token) = cookie(&portal, &request, &organization, CookieKind::EmailLink) else {
        return Ok(show(expired(t, &slug)));
    };
    let now = portal.clock.now();
    let found = email_update::find(&portal.db, &portal.secret, &token, now).await;
    let found = found.map_err(|error| internal(&error))?;
    let Some(found) = found.filter(|found| found.organization_id == organization.id) else {
        return Ok(show(expired(t, &slug)));
    };
    // The address of today is not told: whoever reads this may be a stranger whose address was mistyped.
    let form = SheetForm::new(
        action::<ConfirmEmail>(),
        t.verify_email_submit(&found.email),
        t.verify_email_pending(),
    );
    let sheet = Sheet::new(t.verify_email_title())
        .lead(t.verify_email_lead(&organization.name, &found.email))
        .block(Block::text(t.verify_email_then()))
        .form(form)
        .block(Block { title: None, body: Body::Note(t.link_why_button().to_owned()) });
    Ok(show(sheet))
}

fn expired(t: Text, slug: &str) -> Sheet {
    Sheet::new(t.link_expired_title())
        .status(410)
        .lead(t.verify_email_expired())
        .link(paths::email(slug), t.verify_email_again())
}
