//! `POST /v1/customer-portal/customers/me/payment-methods`

use axum::{Json, extract::State, http::StatusCode};
use backend::{
    payment::SetupWay,
    payment_method::{self, AddError, BeginSetupError},
};
use domain::id::PaymentMethodSetupId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, BILLING_ONLY, Issue},
        extract::Body,
        schema::{
            error::{NotPermitted, Unauthorized, ValidationError},
            payment_method::CustomerPaymentMethod,
        },
    },
    state::AppState,
};

/// A method to be added.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerPaymentMethodCreate {
    /// Not looked at: the card is entered on the processor's page or in its frame, with what is answered here.
    #[serde(rename = "confirmation_token_id")]
    _confirmation_token_id: Option<String>,
    /// Charged from now on; orders whose payment failed are tried again at once.
    set_default: bool,
    /// Where the browser is led afterwards, with `setup_intent_id` and `done` (`added` or `failed`) added.
    #[schema(example = "https://app.example.com/billing")]
    return_url: String,
}

/// What has to be done, or what was added.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum CustomerPaymentMethodCreateResponse {
    Succeeded {
        payment_method: CustomerPaymentMethod,
    },
    RequiresAction {
        /// Opens the processor's frame, where it has one; else of no use.
        client_secret: String,
        /// What `confirm` takes.
        #[schema(value_type = Uuid)]
        setup_intent_id: PaymentMethodSetupId,
        /// The processor's page, where it has one: the customer goes there.
        action_url: Option<String>,
    },
}

/// Begin adding a payment method. The card itself is entered at the processor; `confirm` tells what became of it.
#[utoipa::path(
    post,
    path = "/v1/customer-portal/customers/me/payment-methods",
    operation_id = "customer_portal:customers:add_payment_method",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    request_body = CustomerPaymentMethodCreate,
    responses(
        (status = 201, body = CustomerPaymentMethodCreateResponse),
        (status = 400, description = "`PaymentMethodSetupFailed`: nobody charges the organization's customers, or the processor cannot be reached.", body = NotPermitted),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 422, body = ValidationError),
        (status = 429, description = "Ten forms in an hour: `Retry-After` tells how many seconds to wait."),
    )
)]
pub async fn add(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    body: Result<Body<CustomerPaymentMethodCreate>, ApiError>,
) -> Result<(StatusCode, Json<CustomerPaymentMethodCreateResponse>), ApiError> {
    let actor = caller.billing()?;
    let Body(body) = body?;
    let portal = &state.portal;
    let mut cx = context(&state, actor.into(), call);
    let begun = payment_method::add(
        &portal.db,
        &portal.processors,
        &mut cx,
        body.set_default,
        &body.return_url,
    )
    .await
    .map_err(refused)?;
    let setup_intent_id = begun.payment_method_setup_id;
    let (client_secret, action_url) = match begun.way {
        SetupWay::Embedded { client_secret } => (client_secret, None),
        SetupWay::Hosted { url } => (setup_intent_id.to_string(), Some(url)),
    };
    let answer = CustomerPaymentMethodCreateResponse::RequiresAction {
        client_secret,
        setup_intent_id,
        action_url,
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

fn refused(error: AddError) -> ApiError {
    match error {
        AddError::Invalid(_) => {
            let msg = "This is no http or https address.";
            ApiError::Invalid(vec![Issue::body("value_error", "return_url", msg)])
        }
        AddError::Begin(BeginSetupError::Forbidden(_)) => ApiError::not_permitted(BILLING_ONLY),
        AddError::Begin(BeginSetupError::TooManyTries { retry_after_s }) => {
            ApiError::RateLimited { retry_after_s }
        }
        AddError::Begin(error @ (BeginSetupError::NoProcessor | BeginSetupError::Unavailable)) => {
            let status = StatusCode::BAD_REQUEST;
            ApiError::typed(status, "PaymentMethodSetupFailed", error.to_string())
        }
        error => ApiError::internal("a payment method could not be added", &error),
    }
}
