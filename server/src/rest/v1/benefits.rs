//! `/v1/benefits`.

use backend::benefit;
use domain::id::{BenefitId, OrganizationId};
use sqlx::PgPool;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    rest::{error::ApiError, schema::benefit::Benefit},
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
}

/// The benefits with these ids, deleted ones included, in their order: one statement.
pub(crate) async fn whole(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[BenefitId],
) -> Result<Vec<Benefit>, ApiError> {
    let benefits = benefit::records(db, organization_id, ids).await?;
    Ok(ids.iter().filter_map(|id| benefits.get(id)).map(Into::into).collect())
}
