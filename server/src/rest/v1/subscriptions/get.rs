//! `GET /v1/subscriptions/{id}`

use axum::{Json, extract::State};
use domain::{id::SubscriptionId, scope::Scope};

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Id,
        schema::{
            error::{ResourceNotFound, Unauthorized, ValidationError},
            subscription::Subscription,
        },
    },
    state::AppState,
};

/// Get a subscription.
#[utoipa::path(
    get,
    path = "/v1/subscriptions/{id}",
    operation_id = "subscriptions:get",
    tag = "subscriptions",
    security(("access_token" = ["subscriptions:read"])),
    params(("id" = Uuid, Path, description = "Of the subscription.")),
    responses(
        (status = 200, body = Subscription),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<SubscriptionId>, ApiError>,
) -> Result<Json<Subscription>, ApiError> {
    let (_, organization_id) = caller.organization(Scope::SubscriptionsRead)?;
    let Id(id) = id?;
    let found = whole(&state.portal.db, organization_id, &[id]).await?.pop();
    Ok(Json(found.ok_or_else(ApiError::not_found)?))
}
