//! `POST /v1/customer-portal/customer-session/request`

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use backend::api_sign_in::{self, ApiSignInRequested, RequestApiSignIn, RequestApiSignInError};
use domain::{
    email::EmailAddress,
    id::{CustomerId, OrganizationId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    rest::{
        caller::{Call, Caller, ClientKey, context},
        error::{ApiError, Issue},
        extract::Body,
        schema::error::ValidationError,
    },
    state::AppState,
};

/// Who wants to sign in, and where.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerSessionCodeRequest {
    #[schema(example = "ada@example.com")]
    email: String,
    #[schema(value_type = Uuid)]
    organization_id: OrganizationId,
    /// Out of those that an answer 409 offered.
    #[schema(value_type = Option<Uuid>)]
    customer_id: Option<CustomerId>,
}

/// A code is on its way, if the address is known.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerSessionCodeRequested {
    /// Sent along with the code it limits how often the code can be tried.
    pub request_id: Uuid,
}

/// The address belongs to several customers: ask again with one of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerSelectionRequired {
    #[schema(example = "customer_selection_required")]
    pub error: &'static str,
    pub detail: &'static str,
    pub customers: Vec<CustomerSelection>,
}

/// One that may be meant.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerSelection {
    #[schema(value_type = Uuid)]
    pub id: CustomerId,
    pub name: Option<String>,
}

/// Mail a code to a customer or member, which `authenticate` takes for ten minutes. Addresses that nobody has are answered alike.
#[utoipa::path(
    post,
    path = "/v1/customer-portal/customer-session/request",
    operation_id = "customer_portal:customer_session:request",
    tag = "customer_portal",
    request_body = CustomerSessionCodeRequest,
    responses(
        (status = 202, body = CustomerSessionCodeRequested),
        (status = 409, body = CustomerSelectionRequired),
        (status = 422, body = ValidationError),
        (status = 429, description = "Too many requests: `Retry-After` tells how many seconds to wait."),
    )
)]
pub async fn request(
    State(state): State<AppState>,
    _: Caller,
    call: Call,
    ClientKey(client): ClientKey,
    Body(body): Body<CustomerSessionCodeRequest>,
) -> Result<Response, ApiError> {
    let email = EmailAddress::parse(&body.email).map_err(|_| {
        let msg = "This is no e-mail address.";
        ApiError::Malformed(vec![Issue::body("value_error", "email", msg)])
    })?;
    let portal = &state.portal;
    let actor = backend::actor::Actor::System { organization_id: Some(body.organization_id) };
    let mut cx = context(&state, actor, call);
    let input = RequestApiSignIn {
        organization_id: body.organization_id,
        email,
        customer_id: body.customer_id,
        client,
    };
    let asked = api_sign_in::request(&portal.db, &portal.secret, &mut cx, input).await;
    Ok(match asked.map_err(refused)? {
        ApiSignInRequested::Asked { request_id } => {
            (StatusCode::ACCEPTED, Json(CustomerSessionCodeRequested { request_id }))
                .into_response()
        }
        ApiSignInRequested::Choice(customers) => {
            let customers =
                customers.into_iter().map(|(id, name)| CustomerSelection { id, name }).collect();
            let body = CustomerSelectionRequired {
                error: "customer_selection_required",
                detail: "Several customers have this e-mail address: choose one.",
                customers,
            };
            (StatusCode::CONFLICT, Json(body)).into_response()
        }
    })
}

fn refused(error: RequestApiSignInError) -> ApiError {
    match error {
        RequestApiSignInError::Limited(limited) => limited.into(),
        error @ RequestApiSignInError::Database(_) => {
            ApiError::internal("a code could not be asked for", &error)
        }
    }
}
