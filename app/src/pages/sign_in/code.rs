//! Typing the code.

use backend::sign_in::{self, CODE_EXPIRES_AFTER, VerifyCodeError};
use domain::sign_in_code::SignInCode;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::awaited;
use super::email::RequestCode;
use super::finish::{address, cookie, finish};
use crate::error::AppError;
use crate::ssr::{self, CookieKind, internal, portal, request_info};
use crate::text::use_text;
use crate::ui::alert::Alert;
use crate::ui::form::{Done, Form, Hidden, SubmitButton, TextField, action, tries_left_code};
use crate::ui::page_header::PageHeader;
use crate::ui::tone::Tone;
use crate::urls::paths;

/// Signs in by the code of the newest mail that this browser asked for.
#[server(prefix = "/api", endpoint = "sign-in/code")]
pub async fn verify_code(
    organization: String,
    #[server(default)] code: String,
) -> Result<Done, AppError> {
    let (portal, request) = (portal()?, request_info()?);
    let organization = ssr::organization(&organization).await?;
    let code = SignInCode::parse(&code)?;
    let input = sign_in::VerifyCode {
        organization_id: organization.id,
        browser_token: cookie(&portal, &request, &organization, CookieKind::SignIn),
        code,
        user_agent: request.user_agent.clone(),
        client: request.client.clone(),
    };
    let mut cx = portal.system_context(organization.id, &request);
    let outcome = sign_in::verify_code(&portal.db, &mut cx, &portal.secret, input).await.map_err(
        |error| match error {
            VerifyCodeError::WrongCode { tries_left } => {
                AppError::field("code", &tries_left_code(tries_left))
            }
            VerifyCodeError::NoTriesLeft => AppError::field("code", "code_no_tries_left"),
            VerifyCodeError::Expired => AppError::field("code", "code_expired"),
            VerifyCodeError::NotAsked => AppError::field("code", "code_not_asked"),
            VerifyCodeError::Limited(limited) => {
                AppError::RateLimited { retry_after_s: limited.retry_after_s }
            }
            VerifyCodeError::Database(_)
            | VerifyCodeError::SignIn(_)
            | VerifyCodeError::Count(_) => internal(&error),
        },
    )?;
    let email = address(&portal, &request, &organization).unwrap_or_default();
    Ok(finish(&portal, &organization, &email, outcome))
}

/// `/{organization}/portal/sign-in/code`
pub fn page() -> AnyView {
    awaited(content)
}

async fn content(slug: String) -> Result<AnyView, AppError> {
    let (t, query) = (use_text(), use_query_map().get_untracked());
    let (portal, request) = (portal()?, request_info()?);
    let organization = ssr::organization(&slug).await?;
    let Some(email) = address(&portal, &request, &organization) else {
        leptos_axum::redirect(&paths::sign_in(&slug));
        return Ok(().into_any());
    };
    let minutes = CODE_EXPIRES_AFTER.whole_minutes().to_string();
    let resent = query
        .get("again")
        .is_some()
        .then(|| view! { <Alert tone=Tone::Good title=t.code_resent(&email)/> });
    Ok(view! {
        <Title text=t.code_title()/>
        {resent}
        <PageHeader title=t.code_title() lead=t.code_lead(&email, &organization.name, &minutes)/>
        <Form action={action::<VerifyCode>()} organization=slug.clone()>
            <TextField
                name="code"
                label=t.code_label()
                hint=t.code_hint().to_owned()
                autocomplete="one-time-code"
                autocapitalize="characters"
                maxlength="32"
                is_code=true
            />
            <SubmitButton label=t.code_submit() pending=t.code_checking() class="button button-primary button-wide"/>
        </Form>
        <div class="stack stack-tight">
            <p class="quiet">{t.code_nothing_arrived()}</p>
            <Form action={action::<RequestCode>()} organization=slug.clone() class="form-inline">
                <Hidden name="email" value=email/>
                <SubmitButton label=t.code_resend() pending=t.sign_in_pending() class="button button-link"/>
            </Form>
            <p><a href=paths::sign_in(&slug)>{t.code_other_address()}</a></p>
        </div>
    }
    .into_any())
}
