//! `/v1/subscriptions`.

mod create;
mod export;
mod get;
mod list;
mod revoke;
mod update;

use std::collections::{BTreeMap, HashMap};

use backend::{product, subscription};
use domain::id::{OrganizationId, SubscriptionId};
use sqlx::PgPool;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{customers, discounts, distinct};
use crate::{
    rest::{
        error::ApiError,
        schema::{product::Product, subscription::Subscription},
    },
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(export::export))
        .routes(routes!(get::get, update::update, revoke::revoke))
}

/// The subscriptions with these ids, in their order, with customer, product, prices and discount: at most four statements, however many.
pub(crate) async fn whole(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[SubscriptionId],
) -> Result<Vec<Subscription>, ApiError> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let mut records = subscription::records(db, organization_id, ids).await?;
    let product_ids = distinct(records.values().map(|record| record.product_id));
    let price_ids = distinct(records.values().map(|record| record.price_id));
    let customer_ids = distinct(records.values().map(|record| record.customer_id));
    let discount_ids = distinct(records.values().filter_map(|record| record.discount_id));
    let products = product::details(db, organization_id, &product_ids, &price_ids).await?;
    let customers = customers::whole_with_deleted(db, organization_id, &customer_ids).await?;
    let customers: HashMap<_, _> = customers.into_iter().map(|one| (one.id, one)).collect();
    let discounts = discounts::bases(db, organization_id, &discount_ids).await?;
    let discounts: HashMap<_, _> = discounts.into_iter().map(|one| (one.id, one)).collect();
    let on_wire = |id| {
        let record = records.remove(id)?;
        let product = products.get(&record.product_id)?;
        let is_charged_by = |price: &&product::PriceDetail| price.price_id == record.price_id;
        Some(Subscription {
            base: (&record).into(),
            custom_field_data: BTreeMap::new(),
            customer: customers.get(&record.customer_id)?.clone(),
            product: Product::of(product, false),
            discount: record.discount_id.and_then(|id| discounts.get(&id).cloned()),
            prices: product.prices.iter().filter(is_charged_by).map(Into::into).collect(),
            meters: vec![],
            pending_update: record.pending_update.as_ref().map(Into::into),
            metadata: record.metadata,
        })
    };
    Ok(ids.iter().filter_map(on_wire).collect())
}
