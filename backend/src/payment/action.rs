//! What a customer has to do before a charge goes through.

use domain::id::{CustomerId, SubscriptionId};
use sqlx::PgPool;

use crate::actor::Actor;
use crate::error::{Forbidden, QueryError};

/// Where the customer approves the charge that the subscription's open change waits for; `None` when none waits for the customer.
///
/// # Errors
/// `Forbidden` for roles that may not read billing.
pub async fn waiting_action(
    db: &PgPool,
    actor: &Actor,
    subscription_id: SubscriptionId,
) -> Result<Option<String>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.billing_reader(organization_id)?;
    let url = sqlx::query_scalar!(
        "select a.action_url
         from subscription_change c
         join payment_attempt a on a.organization_id = c.organization_id and a.order_id = c.order_id and a.state = 'requires_action'
         where c.organization_id = $1 and c.subscription_id = $2 and c.state = 'pending' and ($3::uuid is null or c.customer_id = $3)
         limit 1",
        organization_id.as_uuid(),
        subscription_id.as_uuid(),
        actor.customer_id().map(CustomerId::as_uuid),
    )
    .fetch_optional(db)
    .await?;
    Ok(url.flatten())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::SandboxBehavior;
    use crate::payment::test_helpers::Case;

    #[tokio::test]
    async fn a_renewals_charge_is_no_changes_charge() {
        let case = Case::new(SandboxBehavior::RequiresAction).await;
        case.run_attempt().await;
        assert_eq!(case.standing().await.0, "requires_action");
        let owner = Actor::Member(case.owner.clone());
        let waiting = waiting_action(&case.db.pool, &owner, case.subscription_id).await.unwrap();
        assert_eq!(waiting, None);
    }
}
