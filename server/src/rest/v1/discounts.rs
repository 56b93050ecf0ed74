//! `/v1/discounts`.

mod create;
mod delete;
mod get;
mod input;
mod list;
mod update;

use backend::{discount, product};
use domain::id::{DiscountId, OrganizationId, ProductId};
use sqlx::PgPool;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    rest::{
        error::ApiError,
        schema::discount::{Discount, DiscountBase},
    },
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list::list, create::create)).routes(routes!(
        get::get,
        update::update,
        delete::delete
    ))
}

/// The discounts with these ids, deleted ones included, in their order, with the products they are for: four statements, however many.
pub(crate) async fn whole(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[DiscountId],
) -> Result<Vec<Discount>, ApiError> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let discounts = discount::records(db, organization_id, ids).await?;
    let mut product_ids: Vec<ProductId> = discounts
        .values()
        .flat_map(|discount| discount.terms.product_ids.iter().copied())
        .collect();
    product_ids.sort_unstable();
    product_ids.dedup();
    let products = product::details(db, organization_id, &product_ids, &[]).await?;
    let on_wire = |id| {
        let discount = discounts.get(id)?;
        let products = discount.terms.product_ids.iter().filter_map(|id| products.get(id));
        let products = products.filter(|product| !product.is_deleted).map(Into::into);
        Some(Discount { base: discount.into(), products: products.collect() })
    };
    Ok(ids.iter().filter_map(on_wire).collect())
}

/// The same without the products, as other objects hold them: one statement.
pub(crate) async fn bases(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[DiscountId],
) -> Result<Vec<DiscountBase>, ApiError> {
    let discounts = discount::records(db, organization_id, ids).await?;
    Ok(ids.iter().filter_map(|id| discounts.get(id)).map(Into::into).collect())
}
