//! `POST` and `DELETE /v1/customer-portal/customers/me/payment-methods/{id}/backup`

use axum::{extract::State, http::StatusCode};
use backend::payment_method::{self, ChooseMethodError};
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

/// Make a payment method the one that is charged when the default is declined. Foyer's own: Polar has no such operation.
#[utoipa::path(
    post,
    path = "/v1/customer-portal/customers/me/payment-methods/{id}/backup",
    operation_id = "customer_portal:customers:set_backup_payment_method",
    tag = "foyer",
    security(("customer_session" = []), ("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the payment method.")),
    responses(
        (status = 204, description = "It is the backup."),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 409, description = "`PaymentMethodIsDefault`: it is charged anyway.", body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn set(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<PaymentMethodId>, ApiError>,
) -> Result<StatusCode, ApiError> {
    let actor = caller.billing()?;
    let Id(id) = id?;
    let mut cx = context(&state, actor.into(), call);
    let db = &state.portal.db;
    cx.once(async |cx| payment_method::set_backup(db, cx, Some(id)).await)
        .await
        .map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Have no backup any more. One that is none already stays so. Foyer's own: Polar has no such operation.
#[utoipa::path(
    delete,
    path = "/v1/customer-portal/customers/me/payment-methods/{id}/backup",
    operation_id = "customer_portal:customers:unset_backup_payment_method",
    tag = "foyer",
    security(("customer_session" = []), ("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the payment method.")),
    responses(
        (status = 204, description = "It is not the backup."),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn unset(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<PaymentMethodId>, ApiError>,
) -> Result<StatusCode, ApiError> {
    let actor = caller.billing()?;
    let Id(id) = id?;
    let db = &state.portal.db;
    let mut cx = context(&state, actor.into(), call);
    let methods = payment_method::list(db, &cx.actor).await?;
    let method = methods.iter().find(|method| method.payment_method_id == id);
    if method.ok_or_else(ApiError::not_found)?.is_backup {
        cx.once(async |cx| payment_method::set_backup(db, cx, None).await)
            .await
            .map_err(refused)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

fn refused(error: ChooseMethodError) -> ApiError {
    match error {
        ChooseMethodError::Unknown => ApiError::not_found(),
        ChooseMethodError::IsDefault => {
            ApiError::typed(StatusCode::CONFLICT, "PaymentMethodIsDefault", error.to_string())
        }
        ChooseMethodError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        error => ApiError::internal("a backup could not be chosen", &error),
    }
}
