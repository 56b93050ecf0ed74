//! Where a customer approves the charge of a change.

use domain::id::{CustomerId, SubscriptionId};
use sqlx::PgPool;

use crate::actor::Actor;
use crate::error::{Forbidden, QueryError};

/// The processor's page on which the charge of the subscription's open change is to be approved; `None` when nothing is to be
/// approved.
///
/// # Errors
/// `Forbidden` for roles that may not change what is billed.
pub async fn action_url(
    db: &PgPool,
    actor: &Actor,
    subscription_id: SubscriptionId,
) -> Result<Option<String>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.billing_writer(organization_id)?;
    let url = sqlx::query_scalar!(
        "select a.action_url from subscription_change c
         join payment_attempt a on a.organization_id = c.organization_id and a.order_id = c.order_id
         where c.organization_id = $1 and c.subscription_id = $2 and ($3::uuid is null or c.customer_id = $3)
           and c.state = 'pending' and a.state = 'requires_action'",
        organization_id.as_uuid(),
        subscription_id.as_uuid(),
        actor.customer_id().map(CustomerId::as_uuid),
    )
    .fetch_optional(db)
    .await?;
    Ok(url.flatten())
}
