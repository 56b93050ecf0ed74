//! `POST /v1/customer-portal/customers/me/email-update/request`

use axum::{Json, extract::State, http::StatusCode};
use backend::email_update::{self, RequestEmailUpdate, RequestEmailUpdateError};
use domain::email::EmailAddress;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    rest::{
        caller::{Call, Caller, ClientKey, context},
        error::{ApiError, BILLING_ONLY, Issue},
        extract::Body,
        schema::error::{NotPermitted, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// The address that the customer wants.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerEmailUpdateRequest {
    #[schema(example = "ada@new.example.com")]
    email: String,
}

/// Mail a link to the address that the customer wants. It holds for 30 minutes, and an earlier one stops working. The customer keeps
/// its address until the link is used.
#[utoipa::path(
    post,
    path = "/v1/customer-portal/customers/me/email-update/request",
    operation_id = "customer_portal:customers:request_email_update",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    request_body = CustomerEmailUpdateRequest,
    responses(
        (status = 202, description = "The link is on its way.", body = ()),
        (status = 401, body = Unauthorized),
        (status = 403, description = "Also where the organization does not let its customers change their addresses.", body = NotPermitted),
        (status = 422, description = "Also for teams, which are written to at their owner's address.", body = ValidationError),
        (status = 429, description = "Too many requests: `Retry-After` tells how many seconds to wait."),
    )
)]
pub async fn request(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    ClientKey(client): ClientKey,
    body: Result<Body<CustomerEmailUpdateRequest>, ApiError>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let actor = caller.billing()?;
    let Body(body) = body?;
    let email = EmailAddress::parse(&body.email).map_err(|_| {
        let msg = "This is no e-mail address.";
        ApiError::Malformed(vec![Issue::body("value_error", "email", msg)])
    })?;
    let mut cx = context(&state, actor.into(), call);
    let db = &state.portal.db;
    let input = RequestEmailUpdate { email, client };
    cx.once(async |cx| email_update::request(db, cx, input).await).await.map_err(refused)?;
    Ok((StatusCode::ACCEPTED, Json(Value::Null)))
}

fn refused(error: RequestEmailUpdateError) -> ApiError {
    match error {
        RequestEmailUpdateError::Off => ApiError::not_permitted(
            "The organization does not let its customers change their e-mail addresses.",
        ),
        RequestEmailUpdateError::Team => {
            let msg = "A team is written to at its owner's address: change the owner, or the owner's address.";
            ApiError::Invalid(vec![Issue::body("value_error", "email", msg)])
        }
        RequestEmailUpdateError::Invalid(_) => {
            let msg = "This is the customer's address already.";
            ApiError::Invalid(vec![Issue::body("value_error", "email", msg)])
        }
        RequestEmailUpdateError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        RequestEmailUpdateError::Limited(limited) => limited.into(),
        error @ RequestEmailUpdateError::Database(_) => {
            ApiError::internal("another address could not be asked for", &error)
        }
    }
}
