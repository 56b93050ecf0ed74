//! The link of the mail: a page with one button, because scanners of mail open links and press none.

use backend::sign_in::{self, LinkError, UseLinkError};
use leptos::prelude::*;
use leptos_meta::Title;

use super::awaited;
use super::finish::{cookie, finish};
use crate::error::AppError;
use crate::ssr::{self, CookieKind, answer_with_status, internal, portal, request_info};
use crate::text::{Text, use_text};
use crate::ui::button::{ButtonKind, ButtonLink};
use crate::ui::form::{Done, Form, SubmitButton, action};
use crate::ui::page_header::PageHeader;
use crate::urls::paths;

/// Signs in by the link that this browser opened.
#[server(prefix = "/api", endpoint = "sign-in/link")]
pub async fn use_link(organization: String) -> Result<Done, AppError> {
    let (portal, request) = (portal()?, request_info()?);
    let organization = ssr::organization(&organization).await?;
    let expired = || AppError::conflict("link_expired");
    let token = cookie(&portal, &request, &organization, CookieKind::Link).ok_or_else(expired)?;
    let opened =
        sign_in::open_link(&portal.db, &portal.secret, organization.id, &token, portal.clock.now())
            .await;
    let opened = opened.map_err(|error| match error {
        LinkError::Database(_) => internal(&error),
        LinkError::Invalid | LinkError::Expired | LinkError::Used => expired(),
    })?;
    let input = sign_in::UseLink {
        organization_id: organization.id,
        link_token: token,
        user_agent: request.user_agent.clone(),
    };
    let mut cx = portal.system_context(organization.id, &request);
    let outcome =
        sign_in::use_link(&portal.db, &mut cx, &portal.secret, input).await.map_err(|error| {
            match error {
                UseLinkError::Link(LinkError::Database(_))
                | UseLinkError::Database(_)
                | UseLinkError::SignIn(_) => internal(&error),
                UseLinkError::Link(_) => expired(),
            }
        })?;
    Ok(finish(&portal, &organization, &opened.email, outcome))
}

/// `/{organization}/portal/sign-in/link`
pub fn page() -> AnyView {
    awaited(content)
}

async fn content(slug: String) -> Result<AnyView, AppError> {
    let t = use_text();
    let (portal, request) = (portal()?, request_info()?);
    let organization = ssr::organization(&slug).await?;
    let Some(token) = cookie(&portal, &request, &organization, CookieKind::Link) else {
        return Ok(expired(t, &slug));
    };
    match sign_in::open_link(
        &portal.db,
        &portal.secret,
        organization.id,
        &token,
        portal.clock.now(),
    )
    .await
    {
        Ok(_) => {}
        Err(error @ LinkError::Database(_)) => return Err(internal(&error)),
        Err(LinkError::Invalid | LinkError::Expired | LinkError::Used) => {
            return Ok(expired(t, &slug));
        }
    }
    Ok(view! {
        <Title text=t.link_title()/>
        <PageHeader title=t.link_title() lead=t.link_lead(&organization.name)/>
        <Form action={action::<UseLink>()} organization=slug>
            <SubmitButton label=t.link_submit() pending=t.code_checking() class="button button-primary button-wide"/>
        </Form>
        <p class="quiet">{t.link_why_button()}</p>
    }
    .into_any())
}

fn expired(t: Text, slug: &str) -> AnyView {
    answer_with_status(410);
    view! {
        <Title text=t.link_expired_title()/>
        <PageHeader title=t.link_expired_title() lead=t.link_expired_lead()/>
        <ButtonLink kind=ButtonKind::Primary href=paths::sign_in(slug)>{t.link_new()}</ButtonLink>
    }
    .into_any()
}
