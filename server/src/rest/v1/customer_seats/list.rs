//! `GET /v1/customer-seats`

use axum::{Json, extract::State, http::StatusCode};
use backend::{actor::Actor, order, seat};
use domain::{
    id::{OrderId, OrganizationId, SubscriptionId},
    scope::Scope,
};
use sqlx::PgPool;

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        schema::{
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
            seat::SeatsList,
        },
    },
    state::AppState,
};

/// List the seats of a subscription, those taken back among them.
#[utoipa::path(
    get,
    path = "/v1/customer-seats",
    operation_id = "customer_seats:list_seats",
    tag = "customer_seats",
    security(("access_token" = ["customer_seats:read"])),
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
    let (actor, organization_id) = caller.organization(Scope::CustomerSeatsRead)?;
    seats_asked_for(&state.portal.db, &actor, organization_id, query).await.map(Json)
}

/// The seats of what `subscription_id` or `order_id` names, in the actor's reach.
pub(in crate::rest::v1) async fn seats_asked_for(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    mut query: Query,
) -> Result<SeatsList, ApiError> {
    let subscriptions: Vec<SubscriptionId> = query.ids("subscription_id");
    let orders: Vec<OrderId> = query.ids("order_id");
    query.done()?;
    match (subscriptions.last(), orders.last()) {
        (Some(id), _) => {
            let found = seat::of_subscription(db, actor, *id).await?;
            let found = found.ok_or_else(ApiError::not_found)?;
            Ok(SeatsList {
                seats: whole(db, organization_id, &found.seats).await?,
                available_seats: found.available,
                total_seats: found.total,
            })
        }
        (None, Some(id)) => {
            order::get(db, actor, *id).await?.ok_or_else(ApiError::not_found)?;
            Ok(SeatsList { seats: vec![], available_seats: 0, total_seats: 0 })
        }
        (None, None) => Err(ApiError::typed(
            StatusCode::BAD_REQUEST,
            "BadRequest",
            "Give subscription_id or order_id.",
        )),
    }
}
