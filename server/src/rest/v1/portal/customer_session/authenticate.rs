//! `POST /v1/customer-portal/customer-session/authenticate`

use axum::{Json, extract::State, http::StatusCode};
use backend::{
    actor::Actor,
    api_sign_in::{self, AuthenticateApiSignIn, AuthenticateApiSignInError},
};
use domain::sign_in_code::SignInCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    rest::{
        caller::{Call, Caller, ClientKey, context},
        error::ApiError,
        extract::Body,
        schema::error::{Unauthorized, ValidationError},
    },
    state::AppState,
};

/// A code, as it was mailed.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerSessionCodeAuthenticate {
    #[schema(example = "7KX3PQ")]
    code: String,
    /// As `request` returned it: then the code is tried five times at most.
    request_id: Option<Uuid>,
}

/// The member is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerSessionCodeAuthenticated {
    #[schema(example = "foyer_mst_…")]
    pub token: String,
}

/// Turn a code into the token of a session. Each code works once.
#[utoipa::path(
    post,
    path = "/v1/customer-portal/customer-session/authenticate",
    operation_id = "customer_portal:customer_session:authenticate",
    tag = "customer_portal",
    request_body = CustomerSessionCodeAuthenticate,
    responses(
        (status = 200, body = CustomerSessionCodeAuthenticated),
        (status = 401, description = "`CustomerSessionCodeInvalidOrExpired`", body = Unauthorized),
        (status = 422, body = ValidationError),
        (status = 429, description = "Too many tries: `Retry-After` tells how many seconds to wait."),
    )
)]
pub async fn authenticate(
    State(state): State<AppState>,
    _: Caller,
    call: Call,
    ClientKey(client): ClientKey,
    Body(body): Body<CustomerSessionCodeAuthenticate>,
) -> Result<Json<CustomerSessionCodeAuthenticated>, ApiError> {
    // What cannot be a code is a try as well.
    let code = SignInCode::parse(&body.code).unwrap_or_else(|_| SignInCode::from_random([0; 16]));
    let portal = &state.portal;
    let mut cx = context(&state, Actor::System { organization_id: None }, call);
    let input = AuthenticateApiSignIn { code, request_id: body.request_id, client };
    let session = cx
        .once(async |cx| api_sign_in::authenticate(&portal.db, &portal.secret, cx, input).await)
        .await
        .map_err(refused)?;
    Ok(Json(CustomerSessionCodeAuthenticated { token: session.token.expose().to_owned() }))
}

fn refused(error: AuthenticateApiSignInError) -> ApiError {
    match error {
        AuthenticateApiSignInError::Invalid => ApiError::typed(
            StatusCode::UNAUTHORIZED,
            "CustomerSessionCodeInvalidOrExpired",
            "The code is wrong, was used, or holds no longer: ask for a new one.",
        ),
        AuthenticateApiSignInError::Limited(limited) => limited.into(),
        error @ AuthenticateApiSignInError::Database(_) => {
            ApiError::internal("a code could not be checked", &error)
        }
    }
}
