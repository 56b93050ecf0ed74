//! `/v1/organizations`.

mod get;
mod list;
mod update;

use backend::organization;
use domain::id::OrganizationId;
use sqlx::PgPool;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    rest::{error::ApiError, schema::organization::Organization},
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list::list)).routes(routes!(get::get, update::update))
}

/// The live organization with this id: one statement.
pub(crate) async fn whole(
    db: &PgPool,
    organization_id: OrganizationId,
) -> Result<Option<Organization>, ApiError> {
    Ok(organization::detail(db, organization_id).await?.map(Into::into))
}
