//! `POST /v1/customer-portal/seats`

use axum::{Json, extract::State};

use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::Body,
        schema::{
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
            seat::CustomerSeat,
        },
        v1::customer_seats::{CustomerSeatAssign, assign_asked_for},
    },
    state::AppState,
};

/// Give a member of the customer a seat.
#[utoipa::path(
    post,
    path = "/v1/customer-portal/seats",
    operation_id = "customer_portal:seats:assign_seat",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    request_body = CustomerSeatAssign,
    responses(
        (status = 200, body = CustomerSeat),
        (status = 400, description = "`SeatNotAvailable`, `SeatAlreadyAssigned`, `InvalidSeatAssignmentRequest`.", body = NotPermitted),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 404, description = "Also `MemberNotFound`, `CustomerNotFound`.", body = ResourceNotFound),
        (status = 409, description = "`SubscriptionLocked`: a change waits for its payment.", body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn assign(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    body: Result<Body<CustomerSeatAssign>, ApiError>,
) -> Result<Json<CustomerSeat>, ApiError> {
    let actor = caller.billing()?;
    let Body(body) = body?;
    let organization_id = actor.organization_id;
    let mut cx = context(&state, actor.into(), call);
    assign_asked_for(&state.portal.db, &mut cx, organization_id, body).await.map(Json)
}
