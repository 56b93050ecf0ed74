//! `DELETE /v1/customer-seats/{seat_id}`

use axum::{Json, extract::State};
use backend::{
    context::Context,
    seat::{self, RevokeSeatError},
};
use domain::{
    id::{CustomerSeatId, OrganizationId},
    scope::Scope,
};
use sqlx::PgPool;

use super::whole;
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, BILLING_ONLY},
        extract::SeatId,
        schema::{
            error::{ResourceNotFound, Unauthorized, ValidationError},
            seat::CustomerSeat,
        },
    },
    state::AppState,
};

/// Take a seat back: it is free for another member, and is billed on. One that was taken back already stays so.
#[utoipa::path(
    delete,
    path = "/v1/customer-seats/{seat_id}",
    operation_id = "customer_seats:revoke_seat",
    tag = "customer_seats",
    security(("access_token" = ["customer_seats:write"])),
    params(("seat_id" = Uuid, Path, description = "Of the seat.")),
    responses(
        (status = 200, body = CustomerSeat),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn revoke(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<SeatId, ApiError>,
) -> Result<Json<CustomerSeat>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::CustomerSeatsWrite)?;
    let SeatId(id) = id?;
    let mut cx = context(&state, actor, call);
    revoke_asked_for(&state.portal.db, &mut cx, organization_id, id).await.map(Json)
}

/// Takes a seat in the actor's reach back.
pub(in crate::rest::v1) async fn revoke_asked_for(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    id: CustomerSeatId,
) -> Result<CustomerSeat, ApiError> {
    let revoked = cx.once(async |cx| seat::revoke(db, cx, id).await).await;
    match revoked {
        Ok(()) => {}
        // Taken back already, or not there at all.
        Err(RevokeSeatError::Unknown) => {
            if !seat::is_in_reach(db, &cx.actor, id).await? {
                return Err(ApiError::not_found());
            }
        }
        Err(RevokeSeatError::Forbidden(_)) => return Err(ApiError::not_permitted(BILLING_ONLY)),
        Err(error) => return Err(ApiError::internal("a seat could not be taken back", &error)),
    }
    whole(db, organization_id, &[id]).await?.pop().ok_or_else(ApiError::not_found)
}
