//! `GET /v1/customer-portal/subscriptions/{id}`

use axum::{Json, extract::State};
use backend::subscription;
use domain::id::SubscriptionId;

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Id,
        schema::{
            error::{ResourceNotFound, Unauthorized, ValidationError},
            subscription::CustomerSubscription,
        },
    },
    state::AppState,
};

/// Get a subscription.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/subscriptions/{id}",
    operation_id = "customer_portal:subscriptions:get",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the subscription.")),
    responses(
        (status = 200, body = CustomerSubscription),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<SubscriptionId>, ApiError>,
) -> Result<Json<CustomerSubscription>, ApiError> {
    let actor = caller.portal()?.actor;
    let Id(id) = id?;
    if !subscription::is_of(&state.portal.db, &actor, id).await? {
        return Err(ApiError::not_found());
    }
    let found = whole(&state, actor.organization_id, &[id]).await?.pop();
    Ok(Json(found.ok_or_else(ApiError::not_found)?))
}
