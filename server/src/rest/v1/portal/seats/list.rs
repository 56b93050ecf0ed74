//! `GET /v1/customer-portal/seats`

use axum::{Json, extract::State};

use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        schema::{
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
            seat::SeatsList,
        },
        v1::customer_seats::seats_asked_for,
    },
    state::AppState,
};

/// List the seats of a subscription, those taken back among them.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/seats",
    operation_id = "customer_portal:seats:list_seats",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    params(
        ("subscription_id" = Option<uuid::Uuid>, Query, description = "Of this subscription."),
        ("order_id" = Option<uuid::Uuid>, Query, description = "Of this order: it has none of its own, seats belong to subscriptions."),
    ),
    responses(
        (status = 200, body = SeatsList),
        (status = 400, description = "Neither of the two was given.", body = NotPermitted),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    query: Query,
) -> Result<Json<SeatsList>, ApiError> {
    let actor = caller.portal()?.actor;
    let organization_id = actor.organization_id;
    seats_asked_for(&state.portal.db, &actor.into(), organization_id, query).await.map(Json)
}
