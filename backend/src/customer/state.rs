//! What customers have right now.

use domain::id::{CustomerId, OrganizationId, SubscriptionId};
use sqlx::PgPool;
use uuid::Uuid;

use crate::error::QueryError;

/// More active subscriptions of the customers asked for are not told.
const SUBSCRIPTIONS_MAX: i64 = 5_000;

/// The subscriptions of these customers that are active or in trial, oldest first: one statement.
///
/// # Errors
/// [`QueryError::Database`].
pub async fn active_subscriptions(
    db: &PgPool,
    organization_id: OrganizationId,
    customer_ids: &[CustomerId],
) -> Result<Vec<(CustomerId, SubscriptionId)>, QueryError> {
    let ids: Vec<Uuid> = customer_ids.iter().map(|id| id.as_uuid()).collect();
    let rows = sqlx::query!(
        "select customer_id, subscription_id from subscription
         where organization_id = $1 and customer_id = any ($2) and status in ('active', 'trialing')
         order by created_at, subscription_id
         limit $3",
        organization_id.as_uuid(),
        &ids,
        SUBSCRIPTIONS_MAX,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.customer_id.into(), row.subscription_id.into())).collect())
}
