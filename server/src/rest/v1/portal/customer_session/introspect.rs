//! `GET /v1/customer-portal/customer-session/introspect`

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::rest::{
    caller::Caller,
    error::ApiError,
    schema::error::{Unauthorized, ValidationError},
    timestamp::Timestamp,
};

/// How long the session lasts.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerCustomerSession {
    pub expires_at: Timestamp,
    /// The company's own page that "back" leads to.
    pub return_url: Option<String>,
}

/// Tell until when the calling session lasts.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/customer-session/introspect",
    operation_id = "customer_portal:customer_session:introspect",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    responses(
        (status = 200, body = CustomerCustomerSession),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn introspect(caller: Caller) -> Result<Json<CustomerCustomerSession>, ApiError> {
    let session = caller.portal()?;
    Ok(Json(CustomerCustomerSession {
        expires_at: session.expires_at.into(),
        return_url: session.return_url,
    }))
}
