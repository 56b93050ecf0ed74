//! `GET /v1/customer-portal/organizations/{slug}`

use axum::{Json, extract::State};
use backend::{organization, product};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    rest::{
        error::ApiError,
        extract::Slug,
        schema::{
            error::{ResourceNotFound, ValidationError},
            organization::CustomerOrganization,
            product::CustomerProduct,
        },
    },
    state::AppState,
};

/// An organization and what it offers.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerOrganizationData {
    pub organization: CustomerOrganization,
    /// What everybody can buy.
    pub products: Vec<CustomerProduct>,
}

/// Get an organization and what it offers, by the name in its portal's address. Nobody needs to be signed in.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/organizations/{slug}",
    operation_id = "customer_portal:organizations:get",
    tag = "customer_portal",
    params(("slug" = String, Path, description = "The name in the portal's address.", example = "northwind")),
    responses(
        (status = 200, body = CustomerOrganizationData),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn get(
    State(state): State<AppState>,
    Slug(slug): Slug,
) -> Result<Json<CustomerOrganizationData>, ApiError> {
    let db = &state.portal.db;
    let view = organization::find_by_slug(db, &slug).await?.ok_or_else(ApiError::not_found)?;
    let found = organization::public(db, view.id).await?.ok_or_else(ApiError::not_found)?;
    let products = product::on_offer(db, view.id).await?;
    Ok(Json(CustomerOrganizationData {
        organization: found.into(),
        products: products.iter().map(Into::into).collect(),
    }))
}
