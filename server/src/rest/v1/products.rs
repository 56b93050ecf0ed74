//! `/v1/products`.

use backend::product;
use domain::id::{OrganizationId, ProductId};
use sqlx::PgPool;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    rest::{error::ApiError, schema::product::Product},
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
}

/// The products with these ids, deleted ones included, in their order, with prices and benefits: four statements, however many.
pub(crate) async fn whole(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[ProductId],
) -> Result<Vec<Product>, ApiError> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let products = product::details(db, organization_id, ids, &[]).await?;
    let referred = product::referred(db, organization_id, ids).await?;
    let on_wire = |id| Some(Product::of(products.get(id)?, !referred.contains(id)));
    Ok(ids.iter().filter_map(on_wire).collect())
}
