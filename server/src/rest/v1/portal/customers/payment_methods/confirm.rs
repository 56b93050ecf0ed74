//! `POST /v1/customer-portal/customers/me/payment-methods/confirm`

use axum::{Json, extract::State, http::StatusCode};
use backend::{
    context::Context,
    payment_method::{self, ChooseMethodError, SetupState},
};
use domain::id::PaymentMethodId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::add::CustomerPaymentMethodCreateResponse;
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, Issue},
        extract::Body,
        schema::error::{NotPermitted, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// A method that was entered.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerPaymentMethodConfirm {
    /// As adding answered it, or the processor's own id of it.
    setup_intent_id: String,
    /// Charged from now on; orders whose payment failed are tried again at once.
    set_default: bool,
}

/// Tell what became of a payment method that the customer went to enter, and keep it.
#[utoipa::path(
    post,
    path = "/v1/customer-portal/customers/me/payment-methods/confirm",
    operation_id = "customer_portal:customers:confirm_payment_method",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    request_body = CustomerPaymentMethodConfirm,
    responses(
        (status = 201, description = "`requires_action`: it was not entered yet.", body = CustomerPaymentMethodCreateResponse),
        (status = 400, description = "`PaymentMethodSetupFailed`: the card was refused.", body = NotPermitted),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn confirm(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    body: Result<Body<CustomerPaymentMethodConfirm>, ApiError>,
) -> Result<(StatusCode, Json<CustomerPaymentMethodCreateResponse>), ApiError> {
    let actor = caller.billing()?;
    let Body(body) = body?;
    let organization_id = actor.organization_id;
    let portal = &state.portal;
    let mut cx = context(&state, actor.into(), call);
    let setup_id = payment_method::find_setup(&portal.db, &cx, &body.setup_intent_id)
        .await
        .map_err(|error| ApiError::internal("a setup could not be found", &error))?
        .ok_or_else(unknown)?;
    let mut system = Context::system_for(organization_id, cx.now, portal.chance.rng());
    let (db, processors) = (&portal.db, &portal.processors);
    let finished =
        payment_method::finish_setup(db, processors, &mut system, organization_id, setup_id)
            .await
            .map_err(|error| ApiError::internal("a setup could not be finished", &error))?;
    let answer = match finished.state {
        SetupState::Succeeded { payment_method_id } => {
            if body.set_default {
                make_default(&state, &mut cx, payment_method_id).await?;
            }
            let method = payment_method::get(db, &cx.actor, payment_method_id).await?;
            let payment_method = method.ok_or_else(unknown)?.into();
            CustomerPaymentMethodCreateResponse::Succeeded { payment_method }
        }
        SetupState::Open => CustomerPaymentMethodCreateResponse::RequiresAction {
            client_secret: setup_id.to_string(),
            setup_intent_id: setup_id,
            action_url: None,
        },
        SetupState::Failed { code } => {
            let detail = format!("The card was refused: {code}.");
            let status = StatusCode::BAD_REQUEST;
            return Err(ApiError::typed(status, "PaymentMethodSetupFailed", detail));
        }
        SetupState::Expired => return Err(unknown()),
    };
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn make_default(
    state: &AppState,
    cx: &mut Context,
    payment_method_id: PaymentMethodId,
) -> Result<(), ApiError> {
    let db = &state.portal.db;
    let chosen =
        cx.once(async |cx| payment_method::set_default(db, cx, payment_method_id).await).await;
    match chosen {
        Ok(()) | Err(ChooseMethodError::IsDefault) => Ok(()),
        Err(error) => Err(ApiError::internal("the default method could not be chosen", &error)),
    }
}

fn unknown() -> ApiError {
    let msg = "There is no such setup that could be confirmed.";
    ApiError::Invalid(vec![Issue::body("invalid", "setup_intent_id", msg)])
}
