//! `POST /v1/customer-portal/subscriptions/{id}/revoke`

use axum::{Json, extract::State};
use backend::{quote::QuoteRequest, subscription};
use domain::{id::SubscriptionId, subscription::CancellationReason};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{update::change, whole};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::{Body, Id},
        schema::{
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
            subscription::CustomerSubscription,
        },
    },
    state::AppState,
};

/// Why it ends.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerSubscriptionRevoke {
    #[schema(value_type = Option<String>, example = "too_expensive")]
    cancellation_reason: Option<CancellationReason>,
    cancellation_comment: Option<String>,
}

/// End a subscription at once, where the organization allows that; what goes back is given by its settings.
#[utoipa::path(
    post,
    path = "/v1/customer-portal/subscriptions/{id}/revoke",
    operation_id = "customer_portal:subscriptions:revoke",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the subscription.")),
    request_body = CustomerSubscriptionRevoke,
    responses(
        (status = 200, body = CustomerSubscription),
        (status = 401, body = Unauthorized),
        (status = 403, description = "`NotPermitted`, `AlreadyCanceledSubscription`.", body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 409, description = "`RevokeNotAllowed`, `SubscriptionLocked`.", body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn revoke(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<SubscriptionId>, ApiError>,
    body: Result<Body<CustomerSubscriptionRevoke>, ApiError>,
) -> Result<Json<CustomerSubscription>, ApiError> {
    let actor = caller.billing()?;
    let Id(id) = id?;
    let Body(body) = body?;
    let organization_id = actor.organization_id;
    if !subscription::is_of(&state.portal.db, &actor, id).await? {
        return Err(ApiError::not_found());
    }
    let request = QuoteRequest::CancelNow {
        reason: body.cancellation_reason,
        comment: body.cancellation_comment,
    };
    let mut cx = context(&state, actor.into(), call);
    let id = change(&state, &mut cx, id, request).await?;
    let found = whole(&state, organization_id, &[id]).await?.pop();
    Ok(Json(found.ok_or_else(ApiError::not_found)?))
}
