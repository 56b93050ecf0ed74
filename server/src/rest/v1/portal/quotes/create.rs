//! `POST /v1/customer-portal/quotes`

use axum::{Json, extract::State, http::StatusCode};
use backend::quote::{self, QuoteRequest};
use domain::{
    change::ChangeKind,
    id::{ProductId, SubscriptionId},
    subscription::CancellationReason,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::super::subscriptions::refusal;
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, Issue},
        extract::Body,
        schema::{
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
            quote::Quote,
        },
    },
    state::AppState,
};

/// A change to ask the price of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteCreate {
    #[schema(value_type = Uuid)]
    subscription_id: SubscriptionId,
    /// `plan`, `seats`, `resume`, `resubscribe` or `cancel_now`.
    #[schema(value_type = String, example = "plan")]
    kind: ChangeKind,
    /// Of a `plan`.
    #[schema(value_type = Option<Uuid>)]
    product_id: Option<ProductId>,
    /// Of `seats`, and of a `plan` with another number of them.
    seats: Option<i32>,
    /// Of `cancel_now`.
    #[schema(value_type = Option<String>)]
    cancellation_reason: Option<CancellationReason>,
    cancellation_comment: Option<String>,
}

impl QuoteCreate {
    fn request(self) -> Result<QuoteRequest, ApiError> {
        let missing = |field| {
            ApiError::Malformed(vec![Issue::body(
                "missing",
                field,
                "This kind needs a value here.",
            )])
        };
        Ok(match self.kind {
            ChangeKind::Plan => QuoteRequest::Plan {
                product_id: self.product_id.ok_or_else(|| missing("product_id"))?,
                seats: self.seats,
            },
            ChangeKind::Seats => {
                QuoteRequest::Seats { seats: self.seats.ok_or_else(|| missing("seats"))? }
            }
            ChangeKind::Resume => QuoteRequest::Resume,
            ChangeKind::Resubscribe => QuoteRequest::Resubscribe,
            ChangeKind::CancelNow => QuoteRequest::CancelNow {
                reason: self.cancellation_reason,
                comment: self.cancellation_comment,
            },
        })
    }
}

/// Work out what a change would cost, and keep that for half an hour. Foyer's own: Polar has no such operation.
#[utoipa::path(
    post,
    path = "/v1/customer-portal/quotes",
    operation_id = "customer_portal:quotes:create",
    tag = "foyer",
    security(("customer_session" = []), ("member_session" = [])),
    request_body = QuoteCreate,
    responses(
        (status = 201, body = Quote),
        (status = 400, description = "Seats: `NotASeatBasedSubscription`, `BelowMinimumSeats`, `AboveMaximumSeats`, `SeatsAlreadyAssigned`.", body = NotPermitted),
        (status = 401, body = Unauthorized),
        (status = 403, description = "`NotPermitted`, `AlreadyCanceledSubscription`, `UpdateSubscriptionPlanNotAllowed`, `UpdateSubscriptionSeatsNotAllowed`.", body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 409, description = "`RevokeNotAllowed`, `NotPausedSubscription`, `SubscriptionLocked`.", body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    body: Result<Body<QuoteCreate>, ApiError>,
) -> Result<(StatusCode, Json<Quote>), ApiError> {
    let actor = caller.billing()?;
    let Body(body) = body?;
    let subscription_id = body.subscription_id;
    let request = body.request()?;
    let mut cx = context(&state, actor.into(), call);
    let quote = quote::create(&state.portal.db, &mut cx, subscription_id, request)
        .await
        .map_err(refusal::quote)?;
    Ok((StatusCode::CREATED, Json(quote.into())))
}
