//! A customer's subscriptions.

mod cancel;
mod cancel_preview;
mod change_preview;
mod charge_preview;
mod get;
mod list;
mod payment_method;
pub(super) mod refusal;
mod revoke;
mod update;

pub(in crate::rest::v1) use update::{Meant, carry_out, change_billed, present};

use std::collections::HashMap;

use backend::{
    organization,
    product::{self, ProductDetail},
    subscription::{self, SubscriptionRecord},
};
use domain::id::{OrganizationId, ProductId, SubscriptionId};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    rest::{
        error::ApiError,
        schema::{
            organization::CustomerOrganization, product::CustomerProductOfOrganization,
            subscription::CustomerSubscription,
        },
    },
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(get::get, update::update, cancel::cancel))
        .routes(routes!(charge_preview::charge_preview))
        .routes(routes!(cancel_preview::cancel_preview))
        .routes(routes!(change_preview::change_preview))
        .routes(routes!(revoke::revoke))
        .routes(routes!(payment_method::set))
}

/// The subscriptions with these ids, in their order, with product, prices and organization: the same three statements, however many.
pub(super) async fn whole(
    state: &AppState,
    organization_id: OrganizationId,
    ids: &[SubscriptionId],
) -> Result<Vec<CustomerSubscription>, ApiError> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let db = &state.portal.db;
    let records = subscription::records(db, organization_id, ids).await?;
    let product_ids: Vec<_> = records.values().map(|record| record.product_id).collect();
    let price_ids: Vec<_> = records.values().map(|record| record.price_id).collect();
    let products = product::details(db, organization_id, &product_ids, &price_ids).await?;
    let organization = organization::public(db, organization_id).await?;
    let organization = organization.ok_or_else(ApiError::not_found)?.into();
    Ok(ids.iter().filter_map(|id| on_wire(records.get(id)?, &products, &organization)).collect())
}

fn on_wire(
    record: &SubscriptionRecord,
    products: &HashMap<ProductId, ProductDetail>,
    organization: &CustomerOrganization,
) -> Option<CustomerSubscription> {
    let product = products.get(&record.product_id)?;
    Some(CustomerSubscription {
        base: record.into(),
        product: CustomerProductOfOrganization {
            product: product.into(),
            organization: organization.clone(),
        },
        prices: product
            .prices
            .iter()
            .filter(|price| price.price_id == record.price_id)
            .map(Into::into)
            .collect(),
        meters: vec![],
        pending_update: record.pending_update.as_ref().map(Into::into),
    })
}
