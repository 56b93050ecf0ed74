//! `GET /v1/customer-portal/customers/me/billing-details`

use axum::{Json, extract::State};
use backend::customer;

use super::BillingDetails;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        schema::error::{NotPermitted, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// Get what stands on the customer's invoices. Foyer's own: Polar has no such operation.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/customers/me/billing-details",
    operation_id = "customer_portal:customers:get_billing_details",
    tag = "foyer",
    security(("customer_session" = []), ("member_session" = [])),
    responses(
        (status = 200, body = BillingDetails),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<BillingDetails>, ApiError> {
    let actor = caller.billing()?;
    let (organization_id, customer_id) = (actor.organization_id, actor.customer_id);
    let db = &state.portal.db;
    let found = customer::billing_details(db, &actor.into(), organization_id, customer_id).await?;
    Ok(Json(found.ok_or_else(ApiError::unauthorized)?.into()))
}
