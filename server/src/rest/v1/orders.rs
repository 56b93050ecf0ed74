//! `/v1/orders`.

mod export;
mod get;
mod list;
mod pay_link;
mod update;

pub(super) use update::{OrderUpdate, update_asked_for};

use std::collections::{BTreeMap, HashMap};

use backend::{order, product, subscription};
use domain::id::{OrderId, OrganizationId};
use sqlx::PgPool;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{customers, discounts, distinct};
use crate::{
    rest::{
        error::ApiError,
        schema::order::{Order, OrderSubscription},
    },
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(export::export))
        .routes(routes!(get::get, update::update))
        .routes(routes!(pay_link::create))
}

/// The orders with these ids, in their order, with customer, product, discount, subscription and lines: at most five statements,
/// however many.
pub(crate) async fn whole(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[OrderId],
) -> Result<Vec<Order>, ApiError> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let mut records = order::records(db, organization_id, ids).await?;
    let product_ids = distinct(records.values().map(|record| record.product_id));
    let customer_ids = distinct(records.values().map(|record| record.customer_id));
    let discount_ids = distinct(records.values().filter_map(|record| record.discount_id));
    let subscription_ids = distinct(records.values().filter_map(|record| record.subscription_id));
    let products = product::details(db, organization_id, &product_ids, &[]).await?;
    let customers = customers::whole_with_deleted(db, organization_id, &customer_ids).await?;
    let customers: HashMap<_, _> = customers.into_iter().map(|one| (one.id, one)).collect();
    let discounts = discounts::bases(db, organization_id, &discount_ids).await?;
    let discounts: HashMap<_, _> = discounts.into_iter().map(|one| (one.id, one)).collect();
    let subscriptions = subscription::records(db, organization_id, &subscription_ids).await?;
    let on_wire = |id| {
        let mut record = records.remove(id)?;
        let subscription = record.subscription_id.and_then(|id| subscriptions.get(&id));
        Some(Order {
            metadata: std::mem::take(&mut record.metadata),
            custom_field_data: BTreeMap::new(),
            platform_fee_amount: 0,
            platform_fee_currency: None,
            customer: customers.get(&record.customer_id)?.clone(),
            product: products.get(&record.product_id).map(Into::into),
            discount: record.discount_id.and_then(|id| discounts.get(&id).cloned()),
            subscription: subscription.map(|subscription| OrderSubscription {
                base: subscription.into(),
                metadata: subscription.metadata.clone(),
            }),
            base: record.into(),
        })
    };
    Ok(ids.iter().filter_map(on_wire).collect())
}
