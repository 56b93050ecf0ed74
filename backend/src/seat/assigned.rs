//! How many seats are taken.

use domain::id::{CustomerId, SubscriptionId};
use sqlx::PgPool;

use crate::actor::Actor;
use crate::error::{Forbidden, QueryError};

/// How many seats of a subscription in the actor's reach are taken, pending ones among them.
///
/// # Errors
/// `Forbidden` for roles that may not read billing.
pub async fn assigned(
    db: &PgPool,
    actor: &Actor,
    subscription_id: SubscriptionId,
) -> Result<i32, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.billing_reader(organization_id)?;
    let count = sqlx::query_scalar!(
        r#"select count(*)::integer as "count!" from customer_seat t
         join subscription s on s.organization_id = t.organization_id and s.subscription_id = t.subscription_id
         where t.organization_id = $1 and t.subscription_id = $2 and ($3::uuid is null or s.customer_id = $3)
           and t.status <> 'revoked'"#,
        organization_id.as_uuid(),
        subscription_id.as_uuid(),
        actor.customer_id().map(CustomerId::as_uuid),
    )
    .fetch_one(db)
    .await?;
    Ok(count)
}
