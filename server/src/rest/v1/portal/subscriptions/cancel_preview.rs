//! `GET /v1/customer-portal/subscriptions/{id}/cancel-preview`

use axum::{Json, extract::State};
use backend::{organization, subscription};
use domain::id::SubscriptionId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Id,
        schema::error::{ResourceNotFound, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// What cancelling means for money that is owed.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriptionCancelPreview {
    /// A payment is overdue, and ending the subscription at once (`revoke`) is offered.
    pub stops_collection: bool,
    /// What is owed, in minor units; null when nothing is overdue.
    pub outstanding_amount: Option<i64>,
}

/// Tell what cancelling a subscription would mean for what is owed.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/subscriptions/{id}/cancel-preview",
    operation_id = "customer_portal:subscriptions:cancel_preview",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the subscription.")),
    responses(
        (status = 200, body = SubscriptionCancelPreview),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn cancel_preview(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<SubscriptionId>, ApiError>,
) -> Result<Json<SubscriptionCancelPreview>, ApiError> {
    let actor = caller.portal()?.actor;
    let Id(id) = id?;
    let db = &state.portal.db;
    let organization_id = actor.organization_id;
    let found = subscription::get(db, &actor.into(), id).await?;
    let past_due = found.ok_or_else(ApiError::not_found)?.summary.past_due;
    let can_end_now = organization::find(db, organization_id)
        .await?
        .is_some_and(|organization| organization.settings.cancel_now);
    Ok(Json(SubscriptionCancelPreview {
        stops_collection: past_due.is_some() && can_end_now,
        outstanding_amount: past_due.map(|owed| owed.amount_open.minor),
    }))
}
