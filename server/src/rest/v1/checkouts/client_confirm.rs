//! `POST /v1/checkouts/client/{client_secret}/confirm`

use app::urls::paths;
use axum::{Extension, Json, extract::State};
use backend::{
    api_session::{self, CreateApiSession, Whom},
    checkout::{self, ConfirmCheckout, ConfirmedCheckout},
    context::Context,
    rate_limit::{self, CheckError, Limits},
};
use domain::{checkout::CheckoutState, id::OrganizationId};
use serde::Deserialize;
use time::Duration;
use utoipa::ToSchema;

use super::{body::CheckoutUpdatePublic, buyer, public, refusal::refused};
use crate::{
    middleware::client::Client,
    rest::{
        caller::{Call, context},
        error::ApiError,
        extract::{Body, ClientSecret},
        schema::{
            checkout::CheckoutPublicConfirmed,
            error::{NotPermitted, ResourceNotFound, ValidationError},
        },
    },
    state::AppState,
};

/// Who buys confirms a few times; who tries cards or addresses, many.
const LIMITS: Limits = Limits { per_minute: 20, per_hour: 60, wait: Duration::minutes(30) };

/// What is to change before it is confirmed.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CheckoutConfirm {
    #[serde(flatten)]
    details: CheckoutUpdatePublic,
    /// Not looked at: the card is given on the processor's own page.
    #[serde(rename = "confirmation_token_id")]
    #[schema(value_type = Option<String>)]
    _confirmation_token_id: Option<serde_json::Value>,
}

/// Confirm a checkout, by its secret. Where a card is needed the buyer gives it at `payment_processor_metadata.card_url`; nobody is
/// charged, and nothing begins, before that. Otherwise the subscription begins at once.
#[utoipa::path(
    post,
    path = "/v1/checkouts/client/{client_secret}/confirm",
    operation_id = "checkouts:client_confirm",
    tag = "checkouts",
    params(("client_secret" = String, Path, description = "The checkout's secret.", example = "foyer_c_…")),
    request_body = CheckoutConfirm,
    responses(
        (status = 200, body = CheckoutPublicConfirmed),
        (status = 400, description = "`PaymentError`: the processor cannot be reached.", body = NotPermitted),
        (status = 403, description = "`NotOpenCheckout`, `PaymentNotReady`, `DiscountRedemptionLimitReached`.", body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 409, description = "`CheckoutLocked`: its charge is under way.", body = NotPermitted),
        (status = 410, description = "`ExpiredCheckoutError`.", body = NotPermitted),
        (status = 422, body = ValidationError),
        (status = 429, description = "Too many tries; `Retry-After` says when the next is possible."),
    )
)]
pub async fn confirm(
    State(state): State<AppState>,
    client: Option<Extension<Client>>,
    call: Call,
    ClientSecret(client_secret): ClientSecret,
    Body(body): Body<CheckoutConfirm>,
) -> Result<Json<CheckoutPublicConfirmed>, ApiError> {
    let (actor, organization_id, checkout_id) = buyer(&state, &client_secret)?;
    let client = client.map(|Extension(client)| client.key).unwrap_or_default();
    limit(&state, organization_id, &client).await?;
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    let change = body.details.into();
    cx.once(async |cx| checkout::update(db, cx, organization_id, checkout_id, change).await)
        .await
        .map_err(refused)?;
    let (_, view) = public(&state, &cx.actor, organization_id, checkout_id).await?;
    let input = ConfirmCheckout {
        organization_id,
        checkout_id,
        expected: None,
        return_path: paths::checkout(&view.organization.slug, &client_secret),
        browser_hash: None,
    };
    let confirmed =
        checkout::confirm(db, &state.portal.processors, &mut cx, input).await.map_err(refused)?;
    let (_, mut view) = public(&state, &cx.actor, organization_id, checkout_id).await?;
    // The clients know no other status here.
    view.base.status = CheckoutState::Confirmed;
    if let Some(url) = &confirmed.card_url {
        view.base.payment_processor_metadata.insert("card_url".to_owned(), url.clone());
    }
    let customer_session_token = session(&state, cx, organization_id, &confirmed).await?;
    Ok(Json(CheckoutPublicConfirmed { public: view, customer_session_token }))
}

async fn limit(
    state: &AppState,
    organization_id: OrganizationId,
    client: &str,
) -> Result<(), ApiError> {
    let (db, now) = (&state.portal.db, state.portal.clock.now());
    match rate_limit::check(db, organization_id, "checkout_confirm", client, now, LIMITS).await {
        Ok(()) => Ok(()),
        Err(CheckError::Limited(limited)) => {
            Err(ApiError::RateLimited { retry_after_s: limited.retry_after_s })
        }
        Err(error) => Err(ApiError::internal("a limit could not be looked up", &error)),
    }
}

/// A session for whoever is proven to be the customer.
async fn session(
    state: &AppState,
    cx: Context,
    organization_id: OrganizationId,
    confirmed: &ConfirmedCheckout,
) -> Result<Option<String>, ApiError> {
    if !confirmed.customer_match.is_proven() {
        return Ok(None);
    }
    let input = CreateApiSession {
        organization_id,
        customer: Whom::Id(confirmed.customer_id),
        member: None,
        return_url: None,
    };
    let mut cx = Context::system_for(organization_id, cx.now, cx.rng);
    let session = api_session::create(&state.portal.db, &mut cx, input)
        .await
        .map_err(|error| ApiError::internal("a buyer's session could not be made", &error))?;
    Ok(Some(session.token.expose().to_owned()))
}
