//! `DELETE /v1/customer-portal/customers/me/payment-methods/{id}`

use axum::{extract::State, http::StatusCode};
use backend::payment_method::{self, RemoveError};
use domain::id::PaymentMethodId;

use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, BILLING_ONLY},
        extract::Id,
        schema::error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// Remove a payment method. Subscriptions that are charged with it go to another one.
#[utoipa::path(
    delete,
    path = "/v1/customer-portal/customers/me/payment-methods/{id}",
    operation_id = "customer_portal:customers:delete_payment_method",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the payment method.")),
    responses(
        (status = 204, description = "It is removed."),
        (status = 400, description = "`PaymentMethodInUseByActiveSubscription`: there is no other.", body = NotPermitted),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<PaymentMethodId>, ApiError>,
) -> Result<StatusCode, ApiError> {
    let actor = caller.billing()?;
    let Id(id) = id?;
    let mut cx = context(&state, actor.into(), call);
    let db = &state.portal.db;
    cx.once(async |cx| payment_method::remove(db, cx, id).await).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

fn refused(error: RemoveError) -> ApiError {
    match error {
        RemoveError::Unknown => ApiError::not_found(),
        RemoveError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        RemoveError::InUse { subscriptions } => {
            let names: Vec<_> = subscriptions.iter().map(|(_, name)| name.as_str()).collect();
            ApiError::typed(
                StatusCode::BAD_REQUEST,
                "PaymentMethodInUseByActiveSubscription",
                format!(
                    "Add another payment method first: {} is charged with this one.",
                    names.join(", ")
                ),
            )
        }
        error => ApiError::internal("a payment method could not be removed", &error),
    }
}
