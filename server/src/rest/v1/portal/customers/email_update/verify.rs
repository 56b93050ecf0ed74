//! `POST /v1/customer-portal/customers/me/email-update/verify`

use axum::{Json, extract::State};
use backend::{
    actor::Actor,
    email_update::{self, VerifyEmailUpdateError},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::invalid;
use crate::{
    rest::{
        caller::{Call, Caller, ClientKey, context},
        error::{ApiError, Issue},
        extract::Body,
        schema::error::{Unauthorized, ValidationError},
    },
    state::AppState,
};

/// What the link holds.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerEmailUpdateVerifyRequest {
    /// As it was mailed.
    #[schema(min_length = 1)]
    token: String,
}

/// The address was changed.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerEmailUpdateVerifyResponse {
    /// Of the customer's new session.
    #[schema(example = "foyer_cst_…")]
    pub token: String,
}

/// Give the customer the address whose link is used. Every session it had ends, the address before is told, and a new session begins.
#[utoipa::path(
    post,
    path = "/v1/customer-portal/customers/me/email-update/verify",
    operation_id = "customer_portal:customers:verify_email_update",
    tag = "customer_portal",
    request_body = CustomerEmailUpdateVerifyRequest,
    responses(
        (status = 200, body = CustomerEmailUpdateVerifyResponse),
        (status = 401, description = "`InvalidCustomerEmailUpdate`", body = Unauthorized),
        (status = 422, description = "Also when another customer has the address by now; the link is used up then.", body = ValidationError),
        (status = 429, description = "Too many tries: `Retry-After` tells how many seconds to wait."),
    )
)]
pub async fn verify(
    State(state): State<AppState>,
    _: Caller,
    call: Call,
    ClientKey(client): ClientKey,
    Body(body): Body<CustomerEmailUpdateVerifyRequest>,
) -> Result<Json<CustomerEmailUpdateVerifyResponse>, ApiError> {
    if body.token.is_empty() {
        let issue = Issue::body("string_too_short", "token", "This is needed.");
        return Err(ApiError::Malformed(vec![issue]));
    }
    let portal = &state.portal;
    let mut cx = context(&state, Actor::System { organization_id: None }, call);
    let session = cx
        .once(async |cx| {
            let (db, secret) = (&portal.db, &portal.secret);
            email_update::verify_for_api(db, secret, cx, &body.token, &client).await
        })
        .await
        .map_err(refused)?;
    Ok(Json(CustomerEmailUpdateVerifyResponse { token: session.token.expose().to_owned() }))
}

fn refused(error: VerifyEmailUpdateError) -> ApiError {
    match error {
        VerifyEmailUpdateError::Invalid => invalid(),
        VerifyEmailUpdateError::Taken => {
            let msg = "Another customer has this address.";
            ApiError::Invalid(vec![Issue::body("value_error", "token", msg)])
        }
        VerifyEmailUpdateError::Limited(limited) => limited.into(),
        error @ VerifyEmailUpdateError::Database(_) => {
            ApiError::internal("an address could not be changed", &error)
        }
    }
}
