//! Asking for the address.

use backend::sign_in::{self, RequestSignIn, RequestSignInError};
use domain::email::EmailAddress;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::awaited;
use super::finish::{address, cookie, remember_address};
use crate::error::AppError;
use crate::ssr::{self, CookieKind, internal, portal, request_info, set_cookie};
use crate::text::use_text;
use crate::ui::alert::Alert;
use crate::ui::form::{Done, Form, Hidden, SubmitButton, TextField, action};
use crate::ui::page_header::PageHeader;
use crate::ui::tone::Tone;
use crate::urls::{paths, safe_return};

/// Sends a code and a link to an address. The answer is the same whether the address is known or not.
#[server(prefix = "/api", endpoint = "sign-in/request")]
pub async fn request_code(
    organization: String,
    #[server(default)] email: String,
    #[server(default)] to: Option<String>,
) -> Result<Done, AppError> {
    let (portal, request) = (portal()?, request_info()?);
    let organization = ssr::organization(&organization).await?;
    let email = EmailAddress::parse(&email)?;
    let input = RequestSignIn {
        organization_id: organization.id,
        email: email.clone(),
        browser_token: cookie(&portal, &request, &organization, CookieKind::SignIn),
        return_to: to.as_deref().and_then(|to| safe_return(&organization.slug, to)),
        locale: request.locale,
        client: request.client.clone(),
    };
    let mut cx = portal.system_context(organization.id, &request);
    let browser_token =
        sign_in::request(&portal.db, &mut cx, input).await.map_err(|error| match error {
            RequestSignInError::Limited(limited) => {
                AppError::RateLimited { retry_after_s: limited.retry_after_s }
            }
            RequestSignInError::Database(_) | RequestSignInError::Plumbing(_) => internal(&error),
        })?;
    set_cookie(&portal.urls, CookieKind::SignIn, organization.id, browser_token.expose());
    let is_again = address(&portal, &request, &organization).as_deref() == Some(email.as_str());
    remember_address(&portal, &organization, email.as_str());
    let to = paths::sign_in_code(&organization.slug);
    Ok(Done::at(if is_again { format!("{to}?again=1") } else { to }))
}

/// `/{organization}/portal/sign-in`
pub fn page() -> AnyView {
    awaited(content)
}

async fn content(slug: String) -> Result<AnyView, AppError> {
    let (t, query) = (use_text(), use_query_map().get_untracked());
    let (portal, request) = (portal()?, request_info()?);
    let organization = ssr::organization(&slug).await?;
    let to = query.get("to").and_then(|to| safe_return(&slug, &to));
    if ssr::signed_in(&slug).await.is_ok() {
        leptos_axum::redirect(&to.unwrap_or_else(|| paths::overview(&slug)));
        return Ok(().into_any());
    }
    let had_session = cookie(&portal, &request, &organization, CookieKind::Session).is_some();
    let notice = if query.get("ended").is_some() {
        Some((Tone::Good, t.sign_in_ended()))
    } else if query.get("used").is_some() {
        Some((Tone::Wait, t.sign_in_link_used()))
    } else {
        (had_session && to.is_some()).then(|| (Tone::Note, t.sign_in_expired()))
    };
    let email = query.get("email").filter(|email| email.len() <= 254).unwrap_or_default();
    let title = t.sign_in_title(&organization.name);
    Ok(view! {
        <Title text=t.link_title()/>
        {notice.map(|(tone, text)| view! { <Alert tone=tone title=text/> })}
        <PageHeader title=title lead=t.sign_in_lead(&organization.name)/>
        <Form action={action::<RequestCode>()} organization=slug>
            {to.map(|to| view! { <Hidden name="to" value=to/> })}
            <TextField name="email" label=t.sign_in_email_label() value=email kind="email" autocomplete="email" autocapitalize="none"/>
            <SubmitButton label=t.sign_in_submit() pending=t.sign_in_pending() class="button button-primary button-wide"/>
        </Form>
    }
    .into_any())
}
