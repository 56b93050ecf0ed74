//! `GET /v1/customers/{id}` and `GET /v1/customers/external/{external_id}`

use axum::{Json, extract::State};
use domain::{id::CustomerId, scope::Scope};

use super::{by_external_id, one};
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::{ExternalId, Id},
        schema::{
            customer::Customer,
            error::{ResourceNotFound, Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

/// Get a customer.
#[utoipa::path(
    get,
    path = "/v1/customers/{id}",
    operation_id = "customers:get",
    tag = "customers",
    security(("access_token" = ["customers:read"])),
    params(("id" = Uuid, Path, description = "Of the customer.")),
    responses(
        (status = 200, body = Customer),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<CustomerId>, ApiError>,
) -> Result<Json<Customer>, ApiError> {
    let (_, organization_id) = caller.organization(Scope::CustomersRead)?;
    let Id(id) = id?;
    one(&state.portal.db, organization_id, id).await.map(Json)
}

/// Get a customer by your own id of it.
#[utoipa::path(
    get,
    path = "/v1/customers/external/{external_id}",
    operation_id = "customers:get_external",
    tag = "customers",
    security(("access_token" = ["customers:read"])),
    params(("external_id" = String, Path, description = "Your own id of the customer.")),
    responses(
        (status = 200, body = Customer),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get_external(
    State(state): State<AppState>,
    caller: Caller,
    external_id: Result<ExternalId, ApiError>,
) -> Result<Json<Customer>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::CustomersRead)?;
    let db = &state.portal.db;
    let id = by_external_id(db, &actor, organization_id, external_id?).await?;
    one(db, organization_id, id).await.map(Json)
}
