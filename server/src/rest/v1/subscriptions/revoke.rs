//! `DELETE /v1/subscriptions/{id}`

use axum::{Json, extract::State};
use backend::quote::QuoteRequest;
use domain::{id::SubscriptionId, scope::Scope};

use super::whole;
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::Id,
        schema::{
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
            subscription::Subscription,
        },
        v1::portal::subscriptions::change_billed,
    },
    state::AppState,
};

/// End a subscription at once; what goes back is given by your settings.
#[utoipa::path(
    delete,
    path = "/v1/subscriptions/{id}",
    operation_id = "subscriptions:revoke",
    tag = "subscriptions",
    security(("access_token" = ["subscriptions:write"])),
    params(("id" = Uuid, Path, description = "Of the subscription.")),
    responses(
        (status = 200, body = Subscription),
        (status = 401, body = Unauthorized),
        (status = 403, description = "`AlreadyCanceledSubscription`.", body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 409, description = "`SubscriptionLocked`: a change waits for its payment.", body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn revoke(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<SubscriptionId>, ApiError>,
) -> Result<Json<Subscription>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::SubscriptionsWrite)?;
    let Id(id) = id?;
    let mut cx = context(&state, actor, call);
    let request = QuoteRequest::CancelNow { reason: None, comment: None };
    let id = change_billed(&state, &mut cx, id, request, None).await?;
    let found = whole(&state.portal.db, organization_id, &[id]).await?.pop();
    Ok(Json(found.ok_or_else(ApiError::not_found)?))
}
