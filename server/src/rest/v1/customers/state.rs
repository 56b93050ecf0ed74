//! `GET /v1/customers/{id}/state` and `GET /v1/customers/external/{external_id}/state`

use axum::{Json, extract::State};
use domain::{
    id::{CustomerId, OrganizationId},
    scope::Scope,
};
use sqlx::PgPool;

use super::{by_external_id, states};
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::{ExternalId, Id},
        schema::{
            customer::CustomerState,
            error::{ResourceNotFound, Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

/// Get a customer with what it has right now.
#[utoipa::path(
    get,
    path = "/v1/customers/{id}/state",
    operation_id = "customers:get_state",
    tag = "customers",
    security(("access_token" = ["customers:read"])),
    params(("id" = Uuid, Path, description = "Of the customer.")),
    responses(
        (status = 200, body = CustomerState),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get_state(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<CustomerId>, ApiError>,
) -> Result<Json<CustomerState>, ApiError> {
    let (_, organization_id) = caller.organization(Scope::CustomersRead)?;
    let Id(id) = id?;
    state_of(&state.portal.db, organization_id, id).await.map(Json)
}

/// Get a customer, named by your own id of it, with what it has right now.
#[utoipa::path(
    get,
    path = "/v1/customers/external/{external_id}/state",
    operation_id = "customers:get_state_external",
    tag = "customers",
    security(("access_token" = ["customers:read"])),
    params(("external_id" = String, Path, description = "Your own id of the customer.")),
    responses(
        (status = 200, body = CustomerState),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get_state_external(
    State(state): State<AppState>,
    caller: Caller,
    external_id: Result<ExternalId, ApiError>,
) -> Result<Json<CustomerState>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::CustomersRead)?;
    let db = &state.portal.db;
    let id = by_external_id(db, &actor, organization_id, external_id?).await?;
    state_of(db, organization_id, id).await.map(Json)
}

async fn state_of(
    db: &PgPool,
    organization_id: OrganizationId,
    id: CustomerId,
) -> Result<CustomerState, ApiError> {
    let found = states(db, organization_id, &[id]).await?.pop();
    found.filter(|found| found.customer.deleted_at.is_none()).ok_or_else(ApiError::not_found)
}
