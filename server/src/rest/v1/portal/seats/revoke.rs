//! `DELETE /v1/customer-portal/seats/{seat_id}`

use axum::{Json, extract::State};

use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::SeatId,
        schema::{
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
            seat::CustomerSeat,
        },
        v1::customer_seats::revoke_asked_for,
    },
    state::AppState,
};

/// Take a seat back: it is free for another member, and is billed on. One that was taken back already stays so.
#[utoipa::path(
    delete,
    path = "/v1/customer-portal/seats/{seat_id}",
    operation_id = "customer_portal:seats:revoke_seat",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    params(("seat_id" = Uuid, Path, description = "Of the seat.")),
    responses(
        (status = 200, body = CustomerSeat),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
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
    let actor = caller.billing()?;
    let SeatId(id) = id?;
    let organization_id = actor.organization_id;
    let mut cx = context(&state, actor.into(), call);
    revoke_asked_for(&state.portal.db, &mut cx, organization_id, id).await.map(Json)
}
