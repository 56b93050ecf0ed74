//! `POST /v1/customer-seats`

use axum::{Json, extract::State, http::StatusCode};
use backend::{
    context::Context,
    order,
    seat::{self, AssignSeat, AssignSeatError, SeatHolder},
};
use domain::{
    id::{CustomerId, MemberId, OrderId, OrganizationId, SubscriptionId},
    scope::Scope,
};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::ToSchema;
use uuid::Uuid;

use super::whole;
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, BILLING_ONLY, Issue},
        extract::Body,
        schema::{
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
            seat::CustomerSeat,
        },
    },
    state::AppState,
};

/// Of which subscription, and for which of its customer's members.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerSeatAssign {
    #[schema(value_type = Option<Uuid>)]
    pub(in crate::rest::v1) subscription_id: Option<SubscriptionId>,
    /// Orders have no seats of their own.
    #[schema(value_type = Option<Uuid>)]
    pub(in crate::rest::v1) order_id: Option<OrderId>,
    /// Of customers only: checkouts have no seats of their own either.
    pub(in crate::rest::v1) checkout_id: Option<Uuid>,
    /// Of a member.
    #[schema(example = "bob@example.com")]
    pub(in crate::rest::v1) email: Option<String>,
    /// By your own id of a customer: the member with its address.
    pub(in crate::rest::v1) external_customer_id: Option<String>,
    /// The member with this customer's address.
    #[schema(value_type = Option<Uuid>)]
    pub(in crate::rest::v1) customer_id: Option<CustomerId>,
    /// By your own id of a member.
    pub(in crate::rest::v1) external_member_id: Option<String>,
    #[schema(value_type = Option<Uuid>)]
    pub(in crate::rest::v1) member_id: Option<MemberId>,
    /// What you note at it: at most 10 keys, 1 KiB.
    #[schema(value_type = Option<Object>)]
    pub(in crate::rest::v1) metadata: Option<serde_json::Map<String, serde_json::Value>>,
    /// Seats are claimed at once, whatever stands here.
    #[serde(default, rename = "immediate_claim")]
    #[schema(default = false)]
    _immediate_claim: bool,
}

/// Give a member of the subscription's customer a seat.
#[utoipa::path(
    post,
    path = "/v1/customer-seats",
    operation_id = "customer_seats:assign_seat",
    tag = "customer_seats",
    security(("access_token" = ["customer_seats:write"])),
    request_body = CustomerSeatAssign,
    responses(
        (status = 200, body = CustomerSeat),
        (status = 400, description = "`SeatNotAvailable`, `SeatAlreadyAssigned`, `InvalidSeatAssignmentRequest`.", body = NotPermitted),
        (status = 401, body = Unauthorized),
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
    let (actor, organization_id) = caller.organization(Scope::CustomerSeatsWrite)?;
    let Body(body) = body?;
    let mut cx = context(&state, actor, call);
    assign_asked_for(&state.portal.db, &mut cx, organization_id, body).await.map(Json)
}

/// Gives the seat that the body asks for, in the actor's reach.
pub(in crate::rest::v1) async fn assign_asked_for(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    body: CustomerSeatAssign,
) -> Result<CustomerSeat, ApiError> {
    let holder = holder_of(&body)?;
    let subscription_id = match (body.subscription_id, body.order_id, body.checkout_id) {
        (Some(id), None, None) => id,
        (None, Some(id), None) => {
            order::get(db, &cx.actor, id).await?.ok_or_else(ApiError::not_found)?;
            return Err(bad("SeatNotAvailable", "an order has no seats; its subscription has"));
        }
        (None, None, Some(_)) => return Err(ApiError::not_found()),
        _ => return Err(malformed("subscription_id", "Give either subscription_id or order_id.")),
    };
    let seats = seat::of_subscription(db, &cx.actor, subscription_id).await?;
    seats.ok_or_else(ApiError::not_found)?;
    let metadata = body.metadata;
    let seat_id = cx
        .once(async |cx| {
            let found = seat::find_holder(db, &cx.actor, subscription_id, &holder).await?;
            let member_id = found.ok_or_else(|| no_holder(&holder))?;
            let input = AssignSeat { subscription_id, member_id, metadata };
            seat::assign(db, cx, input).await.map_err(refused)
        })
        .await?;
    whole(db, organization_id, &[seat_id]).await?.pop().ok_or_else(ApiError::not_found)
}

fn holder_of(body: &CustomerSeatAssign) -> Result<SeatHolder, ApiError> {
    let member = body.member_id.map(SeatHolder::Member);
    let external_member = body.external_member_id.clone().map(SeatHolder::ExternalMember);
    let email = body.email.clone().map(SeatHolder::Email);
    let customer = body.customer_id.map(SeatHolder::Customer);
    let external_customer = body.external_customer_id.clone().map(SeatHolder::ExternalCustomer);
    // A member's own id may come with the address.
    let email = email.filter(|_| external_member.is_none());
    let named = [member, external_member, email, customer, external_customer];
    let mut named = named.into_iter().flatten();
    match (named.next(), named.next()) {
        (Some(holder), None) => Ok(holder),
        (None, _) => Err(malformed("email", "Say for whom: an address, a member or a customer.")),
        (Some(_), Some(_)) => Err(malformed("email", "Name the member in one way only.")),
    }
}

fn malformed(field: &str, msg: &str) -> ApiError {
    ApiError::Malformed(vec![Issue::body("value_error", field, msg)])
}

fn bad(error: &'static str, detail: impl Into<String>) -> ApiError {
    ApiError::typed(StatusCode::BAD_REQUEST, error, detail)
}

fn no_holder(holder: &SeatHolder) -> ApiError {
    let (error, detail) = match holder {
        SeatHolder::Customer(_) | SeatHolder::ExternalCustomer(_) => {
            ("CustomerNotFound", "No member of the subscription's customer has its address.")
        }
        _ => ("MemberNotFound", "The subscription's customer has no such member: add it first."),
    };
    ApiError::typed(StatusCode::NOT_FOUND, error, detail)
}

fn refused(error: AssignSeatError) -> ApiError {
    match error {
        AssignSeatError::Unknown => ApiError::not_found(),
        AssignSeatError::UnknownMember => {
            ApiError::typed(StatusCode::NOT_FOUND, "MemberNotFound", error.to_string())
        }
        AssignSeatError::NotSeatBased
        | AssignSeatError::Ended
        | AssignSeatError::NoFreeSeat { .. } => bad("SeatNotAvailable", error.to_string()),
        AssignSeatError::AlreadyAssigned => bad("SeatAlreadyAssigned", error.to_string()),
        AssignSeatError::NoteTooLong => {
            ApiError::Invalid(vec![Issue::body("value_error", "metadata", error.to_string())])
        }
        AssignSeatError::ChangePending => {
            ApiError::typed(StatusCode::CONFLICT, "SubscriptionLocked", error.to_string())
        }
        AssignSeatError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        error @ AssignSeatError::Database(_) => {
            ApiError::internal("a seat could not be given", &error)
        }
    }
}
