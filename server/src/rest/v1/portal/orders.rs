//! A customer's orders.

mod confirm_payment;
mod get;
mod list;
mod payment_status;
mod update;

use backend::{order, organization, product, subscription};
use domain::id::{OrderId, OrganizationId};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    rest::{
        error::ApiError,
        schema::{
            order::CustomerOrder, organization::CustomerOrganization,
            product::CustomerProductOfOrganization,
        },
    },
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(get::get, update::update))
        .routes(routes!(payment_status::payment_status))
        .routes(routes!(confirm_payment::confirm_payment))
}

/// The orders with these ids, in their order, with product, organization, subscription and lines: the same four statements, however
/// many.
pub(super) async fn whole(
    state: &AppState,
    organization_id: OrganizationId,
    ids: &[OrderId],
) -> Result<Vec<CustomerOrder>, ApiError> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let db = &state.portal.db;
    let mut records = order::records(db, organization_id, ids).await?;
    let product_ids: Vec<_> = records.values().map(|record| record.product_id).collect();
    let subscription_ids: Vec<_> =
        records.values().filter_map(|record| record.subscription_id).collect();
    let products = product::details(db, organization_id, &product_ids, &[]).await?;
    let subscriptions = subscription::records(db, organization_id, &subscription_ids).await?;
    let organization = organization::public(db, organization_id).await?;
    let organization: CustomerOrganization = organization.ok_or_else(ApiError::not_found)?.into();
    let on_wire = |id| {
        let record = records.remove(id)?;
        let product = products.get(&record.product_id).map(|product| {
            let organization = organization.clone();
            CustomerProductOfOrganization { product: product.into(), organization }
        });
        let subscription = record.subscription_id.and_then(|id| subscriptions.get(&id));
        let subscription = subscription.map(Into::into);
        Some(CustomerOrder { base: record.into(), product, subscription })
    };
    Ok(ids.iter().filter_map(on_wire).collect())
}
