//! One address, several customers: the choice comes after the proof.

use backend::sign_in::{self, ChooseError, ChooseSignIn};
use domain::id::MemberId;
use leptos::prelude::*;
use leptos_meta::Title;

use super::awaited;
use super::finish::{address, cookie, enter};
use crate::error::AppError;
use crate::ssr::{self, CookieKind, internal, portal, request_info};
use crate::text::use_text;
use crate::ui::form::{Choice, Done, Form, RadioGroup, SubmitButton, action};
use crate::ui::page_header::PageHeader;
use crate::urls::paths;

/// Signs in as one of the offered members.
#[server(prefix = "/api", endpoint = "sign-in/choose")]
pub async fn choose_customer(
    organization: String,
    #[server(default)] member_id: String,
) -> Result<Done, AppError> {
    let (portal, request) = (portal()?, request_info()?);
    let organization = ssr::organization(&organization).await?;
    let member_id: MemberId = match member_id.as_str() {
        "" => return Err(AppError::field("member_id", "required")),
        id => id.parse().map_err(|_| AppError::field("member_id", "invalid"))?,
    };
    let proof_token =
        cookie(&portal, &request, &organization, CookieKind::Proof).unwrap_or_default();
    let input = ChooseSignIn {
        organization_id: organization.id,
        proof_token,
        member_id,
        user_agent: request.user_agent.clone(),
    };
    let mut cx = portal.system_context(organization.id, &request);
    let session =
        sign_in::choose(&portal.db, &mut cx, input).await.map_err(|error| match error {
            ChooseError::Expired => AppError::conflict("code_expired"),
            ChooseError::NotOffered => AppError::field("member_id", "invalid"),
            ChooseError::Database(_) | ChooseError::Query(_) | ChooseError::SignIn(_) => {
                internal(&error)
            }
        })?;
    Ok(enter(&portal, &organization, &session))
}

/// `/{organization}/portal/sign-in/choose`
pub fn page() -> AnyView {
    awaited(content)
}

async fn content(slug: String) -> Result<AnyView, AppError> {
    let t = use_text();
    let (portal, request) = (portal()?, request_info()?);
    let organization = ssr::organization(&slug).await?;
    let proof_token =
        cookie(&portal, &request, &organization, CookieKind::Proof).unwrap_or_default();
    let offer =
        sign_in::choices(&portal.db, organization.id, &proof_token, portal.clock.now()).await?;
    let Some(offer) = offer else {
        leptos_axum::redirect(&paths::sign_in(&slug));
        return Ok(().into_any());
    };
    let email = address(&portal, &request, &organization).unwrap_or_default();
    let choices = offer.choices.into_iter().map(move |choice| Choice {
        value: choice.member_id.to_string(),
        label: choice.customer_name,
        detail: t.role(choice.role.as_str()).map(str::to_owned),
    });
    Ok(view! {
        <Title text=t.choose_title()/>
        <PageHeader title=t.choose_title() lead=t.choose_lead(&email)/>
        <Form action={action::<ChooseCustomer>()} organization=slug>
            <RadioGroup name="member_id" legend=t.choose_legend() choices=choices.collect()/>
            <SubmitButton label=t.choose_continue() pending=t.code_checking() class="button button-primary button-wide"/>
        </Form>
    }
    .into_any())
}
