//! `/v1/refunds`.

mod create;
mod list;

use backend::payment;
use domain::id::{OrganizationId, RefundId};
use sqlx::PgPool;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    rest::{error::ApiError, schema::refund::Refund},
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list::list, create::create))
}

/// The refunds with these ids, in their order: one statement.
pub(crate) async fn whole(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[RefundId],
) -> Result<Vec<Refund>, ApiError> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let records = payment::refunds_whole(db, organization_id, ids).await?;
    Ok(ids.iter().filter_map(|id| records.get(id)).map(Into::into).collect())
}
