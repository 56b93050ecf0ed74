//! `GET /v1/customer-portal/subscriptions/{id}/charge-preview`

use axum::{Json, extract::State};
use backend::subscription;
use domain::{id::SubscriptionId, subscription::SubscriptionStatus};

use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Id,
        schema::{
            charge_preview::SubscriptionChargePreview,
            error::{ResourceNotFound, Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

/// Tell what the next charge of a subscription will be. One that is going to end is charged nothing.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/subscriptions/{id}/charge-preview",
    operation_id = "customer_portal:subscriptions:charge_preview",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the subscription.")),
    responses(
        (status = 200, body = SubscriptionChargePreview),
        (status = 401, body = Unauthorized),
        (status = 404, description = "Also when it is neither running nor paused for a time.", body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn charge_preview(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<SubscriptionId>, ApiError>,
) -> Result<Json<SubscriptionChargePreview>, ApiError> {
    let actor = caller.portal()?.actor.into();
    let Id(id) = id?;
    let found = subscription::get(&state.portal.db, &actor, id).await?;
    let summary = found.ok_or_else(ApiError::not_found)?.summary;
    let is_charged = match summary.facts.status {
        SubscriptionStatus::Active | SubscriptionStatus::Trialing => true,
        SubscriptionStatus::Paused => summary.next_charge.is_some(),
        _ => false,
    };
    if !is_charged {
        return Err(ApiError::not_found());
    }
    Ok(Json(
        summary
            .next_charge
            .map_or_else(SubscriptionChargePreview::default, |charge| (&charge.amounts).into()),
    ))
}
