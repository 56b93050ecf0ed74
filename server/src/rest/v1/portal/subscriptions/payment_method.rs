//! `PUT /v1/customer-portal/subscriptions/{id}/payment-method`

use axum::{Json, extract::State};
use backend::payment_method::{self, ChooseMethodError};
use domain::id::{PaymentMethodId, SubscriptionId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::whole;
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, BILLING_ONLY, Issue},
        extract::{Body, Given, Id},
        schema::{
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
            subscription::CustomerSubscription,
        },
    },
    state::AppState,
};

/// Which of the customer's methods is charged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionPaymentMethod {
    /// Null: the customer's default.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>, required = true)]
    payment_method_id: Given<PaymentMethodId>,
}

/// Choose what a subscription is charged with. Orders whose payment failed are tried again at once. Foyer's own: Polar has no such
/// operation.
#[utoipa::path(
    put,
    path = "/v1/customer-portal/subscriptions/{id}/payment-method",
    operation_id = "customer_portal:subscriptions:set_payment_method",
    tag = "foyer",
    security(("customer_session" = []), ("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the subscription.")),
    request_body = SubscriptionPaymentMethod,
    responses(
        (status = 200, body = CustomerSubscription),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn set(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<SubscriptionId>, ApiError>,
    body: Result<Body<SubscriptionPaymentMethod>, ApiError>,
) -> Result<Json<CustomerSubscription>, ApiError> {
    let actor = caller.billing()?;
    let Id(id) = id?;
    let method_id = match body?.0.payment_method_id {
        Given::Missing => {
            let msg = "Say which method, or null for the default.";
            return Err(ApiError::Malformed(vec![Issue::body(
                "missing",
                "payment_method_id",
                msg,
            )]));
        }
        Given::Null => None,
        Given::Value(id) => Some(id),
    };
    let db = &state.portal.db;
    if !backend::subscription::is_of(db, &actor, id).await? {
        return Err(ApiError::not_found());
    }
    let organization_id = actor.organization_id;
    let mut cx = context(&state, actor.into(), call);
    cx.once(async |cx| payment_method::use_for_subscription(db, cx, id, method_id).await)
        .await
        .map_err(refused)?;
    let found = whole(&state, organization_id, &[id]).await?.pop();
    Ok(Json(found.ok_or_else(ApiError::not_found)?))
}

fn refused(error: ChooseMethodError) -> ApiError {
    match error {
        ChooseMethodError::Unknown | ChooseMethodError::IsDefault => {
            let msg = "There is no such payment method, or the subscription has ended.";
            ApiError::Invalid(vec![Issue::body("invalid", "payment_method_id", msg)])
        }
        ChooseMethodError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        error => ApiError::internal("a subscription's method could not be chosen", &error),
    }
}
