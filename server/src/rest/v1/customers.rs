//! `/v1/customers`, with their members.

use std::collections::HashMap;

use backend::{customer, member, subscription};
use domain::id::{CustomerId, MemberId, OrganizationId};
use sqlx::PgPool;
use utoipa_axum::router::OpenApiRouter;

use crate::{
    rest::{
        error::ApiError,
        schema::{
            customer::{Customer, CustomerState, CustomerStateSubscription},
            member::Member,
        },
    },
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
}

/// The live customers with these ids, in their order: one statement.
#[expect(dead_code, reason = "the lists of this and of other resources are built on it next")]
pub(crate) async fn whole(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[CustomerId],
) -> Result<Vec<Customer>, ApiError> {
    let mut customers = whole_with_deleted(db, organization_id, ids).await?;
    customers.retain(|customer| customer.deleted_at.is_none());
    Ok(customers)
}

/// The same with deleted ones: orders, subscriptions and messages name them still.
pub(crate) async fn whole_with_deleted(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[CustomerId],
) -> Result<Vec<Customer>, ApiError> {
    let records = customer::records(db, organization_id, ids).await?;
    Ok(ids.iter().filter_map(|id| records.get(id).cloned()).map(Into::into).collect())
}

/// These customers, deleted ones too, with what they have right now, in the order of the ids: three statements.
pub(crate) async fn states(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[CustomerId],
) -> Result<Vec<CustomerState>, ApiError> {
    let customers = whole_with_deleted(db, organization_id, ids).await?;
    let active = customer::active_subscriptions(db, organization_id, ids).await?;
    let active_ids: Vec<_> = active.iter().map(|(_, id)| *id).collect();
    let records = subscription::records(db, organization_id, &active_ids).await?;
    let mut of_customer: HashMap<CustomerId, Vec<CustomerStateSubscription>> = HashMap::new();
    for (customer_id, subscription_id) in active {
        if let Some(record) = records.get(&subscription_id) {
            of_customer.entry(customer_id).or_default().push(record.into());
        }
    }
    let state = |customer: Customer| CustomerState {
        active_subscriptions: of_customer.remove(&customer.id).unwrap_or_default(),
        granted_benefits: vec![],
        active_meters: vec![],
        customer,
    };
    Ok(customers.into_iter().map(state).collect())
}

/// The members with these ids, deleted ones too, in their order: one statement.
pub(crate) async fn members_whole(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[MemberId],
) -> Result<Vec<Member>, ApiError> {
    let records = member::records(db, organization_id, ids).await?;
    Ok(ids.iter().filter_map(|id| records.get(id).cloned()).map(Into::into).collect())
}
