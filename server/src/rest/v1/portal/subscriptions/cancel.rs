//! `DELETE /v1/customer-portal/subscriptions/{id}`

use axum::{Json, extract::State};
use backend::subscription::{self, CancelSubscription};
use domain::id::SubscriptionId;

use super::{refusal, whole};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::Id,
        schema::{
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
            subscription::CustomerSubscription,
        },
    },
    state::AppState,
};

/// Cancel a subscription: it runs to the end of the period that is paid for.
#[utoipa::path(
    delete,
    path = "/v1/customer-portal/subscriptions/{id}",
    operation_id = "customer_portal:subscriptions:cancel",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the subscription.")),
    responses(
        (status = 200, body = CustomerSubscription),
        (status = 401, body = Unauthorized),
        (status = 403, description = "`NotPermitted`, `AlreadyCanceledSubscription`.", body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 409, description = "`SubscriptionLocked`: a change waits for its payment.", body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn cancel(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<SubscriptionId>, ApiError>,
) -> Result<Json<CustomerSubscription>, ApiError> {
    let actor = caller.billing()?;
    let Id(subscription_id) = id?;
    let organization_id = actor.organization_id;
    let mut cx = context(&state, actor.into(), call);
    let input = CancelSubscription { subscription_id, reason: None, comment: None };
    let db = &state.portal.db;
    cx.once(async |cx| subscription::cancel(db, cx, input).await.map(drop))
        .await
        .map_err(refusal::cancel)?;
    let found = whole(&state, organization_id, &[subscription_id]).await?.pop();
    Ok(Json(found.ok_or_else(ApiError::not_found)?))
}
