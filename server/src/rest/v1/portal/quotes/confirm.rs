//! `POST /v1/customer-portal/quotes/{id}/confirm`

use axum::{Json, extract::State, http::StatusCode};
use backend::subscription_change::{self, ConfirmError, Confirmed};
use domain::id::{QuoteId, SubscriptionId};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::subscriptions::refusal;
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::Id,
        schema::error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// What became of a confirmed quote.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfirmedQuote {
    /// `applied`, `scheduled`, `pending` while the charge runs, or `requires_action`.
    #[schema(example = "applied")]
    pub status: &'static str,
    /// Of one that was bought anew: the new one.
    #[schema(value_type = Uuid)]
    pub subscription_id: SubscriptionId,
    /// Where the customer approves the charge.
    pub action_url: Option<String>,
}

/// Carry a quote out, for exactly what it says. Foyer's own: Polar has no such operation.
#[utoipa::path(
    post,
    path = "/v1/customer-portal/quotes/{id}/confirm",
    operation_id = "customer_portal:quotes:confirm",
    tag = "foyer",
    security(("customer_session" = []), ("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the quote.")),
    responses(
        (status = 200, body = ConfirmedQuote),
        (status = 400, description = "As when it was made.", body = NotPermitted),
        (status = 401, body = Unauthorized),
        (status = 402, description = "`PaymentFailed`: nothing changed.", body = NotPermitted),
        (status = 403, description = "As when it was made.", body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 409, description = "`QuoteAlreadyConfirmed`; `QuoteExpired`, `QuoteStale`: make a new one; `PaymentMethodRequired`; and as when it was made.", body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn confirm(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<QuoteId>, ApiError>,
) -> Result<Json<ConfirmedQuote>, ApiError> {
    let actor = caller.billing()?;
    let Id(id) = id?;
    let mut cx = context(&state, actor.into(), call);
    let portal = &state.portal;
    let db = &portal.db;
    let redeemed =
        cx.once(async |cx| subscription_change::redeem(db, cx, id).await).await.map_err(refused)?;
    let confirmed = subscription_change::finish(db, &portal.processors, &mut cx, redeemed)
        .await
        .map_err(refused)?;
    let told = |status, subscription_id, action_url| {
        Json(ConfirmedQuote { status, subscription_id, action_url })
    };
    Ok(match confirmed {
        Confirmed::Applied { subscription_id } => told("applied", subscription_id, None),
        Confirmed::Scheduled { subscription_id } => told("scheduled", subscription_id, None),
        Confirmed::Pending { subscription_id } => told("pending", subscription_id, None),
        Confirmed::RequiresAction { subscription_id, url } => {
            told("requires_action", subscription_id, Some(url))
        }
    })
}

fn refused(error: ConfirmError) -> ApiError {
    let conflict =
        |name, error: &ConfirmError| ApiError::typed(StatusCode::CONFLICT, name, error.to_string());
    match error {
        ConfirmError::Redeemed => conflict("QuoteAlreadyConfirmed", &error),
        ConfirmError::Expired { .. } => conflict("QuoteExpired", &error),
        ConfirmError::Stale { .. } => conflict("QuoteStale", &error),
        other => refusal::confirm(other),
    }
}
