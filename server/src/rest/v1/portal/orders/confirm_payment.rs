//! `POST /v1/customer-portal/orders/{id}/confirm-payment`

use axum::{Json, extract::State, http::StatusCode};
use backend::payment::{self, PayError, PayOrder};
use domain::{
    id::{OrderId, PaymentMethodId},
    payment::PaymentOutcome,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, BILLING_ONLY, Issue},
        extract::{Body, Id},
        schema::error::{NotPermitted, PaymentRefused, ResourceNotFound, Unauthorized},
    },
    state::AppState,
};

/// With what to pay: exactly one of the two.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerOrderConfirmPayment {
    /// A token of the processor's own form. It is refused: a new method is added first, then paid with.
    confirmation_token_id: Option<String>,
    /// One of the customer's.
    #[schema(value_type = Option<Uuid>)]
    payment_method_id: Option<PaymentMethodId>,
    /// Not looked at: the organization has one processor.
    #[serde(rename = "payment_processor")]
    #[schema(example = "stripe")]
    _payment_processor: Option<String>,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerOrderPaymentConfirmation {
    /// `succeeded`, `requires_action`, `failed`, or `pending` while the answer is awaited.
    #[schema(example = "succeeded")]
    pub status: &'static str,
    /// Always null: what the customer has to do is at `action_url`.
    pub client_secret: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// Where the customer approves the payment.
    pub action_url: Option<String>,
}

/// Pay an open order now with a saved payment method.
#[utoipa::path(
    post,
    path = "/v1/customer-portal/orders/{id}/confirm-payment",
    operation_id = "customer_portal:orders:confirm_retry_payment",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the order.")),
    request_body = CustomerOrderConfirmPayment,
    responses(
        (status = 200, description = "Also when the payment failed.", body = CustomerOrderPaymentConfirmation),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 409, description = "`PaymentAlreadyInProgress`.", body = NotPermitted),
        (status = 422, description = "Also `OrderNotEligibleForRetry` and `PaymentRetryValidationError`, whose `detail` is a sentence.", body = PaymentRefused),
        (status = 429, description = "`ManualRetryLimitExceeded`: five tries.", body = NotPermitted),
    )
)]
pub async fn confirm_payment(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<OrderId>, ApiError>,
    body: Result<Body<CustomerOrderConfirmPayment>, ApiError>,
) -> Result<Json<CustomerOrderPaymentConfirmation>, ApiError> {
    let actor = caller.billing()?;
    let Id(order_id) = id?;
    let Body(body) = body?;
    let payment_method_id = match (body.payment_method_id, body.confirmation_token_id) {
        (Some(id), None) => Some(id),
        (None, Some(_)) => {
            return Err(retry_invalid("Add a payment method first, then pay with it."));
        }
        _ => {
            let msg = "Give either payment_method_id or confirmation_token_id.";
            return Err(ApiError::Malformed(vec![Issue::body(
                "missing",
                "payment_method_id",
                msg,
            )]));
        }
    };
    let organization_id = actor.organization_id;
    let mut cx = context(&state, actor.into(), call);
    let input = PayOrder { order_id, payment_method_id, return_path: None };
    let portal = &state.portal;
    let attempt_id = cx
        .once(async |cx| payment::begin_pay(&portal.db, cx, input).await)
        .await
        .map_err(refused)?;
    let outcome =
        payment::finish_pay(&portal.db, &portal.processors, &mut cx, organization_id, attempt_id)
            .await;
    let told = |status, error, action_url| {
        Json(CustomerOrderPaymentConfirmation { status, client_secret: None, error, action_url })
    };
    Ok(match outcome {
        PaymentOutcome::Succeeded => told("succeeded", None, None),
        PaymentOutcome::Declined(code) => told("failed", Some(code.to_string()), None),
        PaymentOutcome::RequiresAction { url } => told("requires_action", None, Some(url)),
        PaymentOutcome::Unknown => told("pending", None, None),
    })
}

fn retry_invalid(detail: impl Into<String>) -> ApiError {
    ApiError::typed(StatusCode::UNPROCESSABLE_ENTITY, "PaymentRetryValidationError", detail)
}

fn refused(error: PayError) -> ApiError {
    let typed = |status, name, error: PayError| ApiError::typed(status, name, error.to_string());
    match error {
        PayError::Unknown => ApiError::not_found(),
        PayError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        PayError::NotOpen | PayError::NotCharged => {
            typed(StatusCode::UNPROCESSABLE_ENTITY, "OrderNotEligibleForRetry", error)
        }
        PayError::InProgress => typed(StatusCode::CONFLICT, "PaymentAlreadyInProgress", error),
        PayError::TooManyTries => {
            typed(StatusCode::TOO_MANY_REQUESTS, "ManualRetryLimitExceeded", error)
        }
        PayError::UnknownMethod | PayError::NoMethod => retry_invalid(error.to_string()),
        error @ PayError::Payment(_) => ApiError::internal("an order could not be paid", &error),
    }
}
