//! What a customer has to do before a charge goes through.

use domain::id::{CustomerId, OrganizationId, PaymentAttemptId, SubscriptionId};
use domain::money::{Currency, Money};
use sqlx::PgPool;

use crate::actor::Actor;
use crate::error::{Forbidden, InconsistencyError, QueryError};

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

/// A charge that waits for its customer on the sandbox's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxAction {
    pub organization_id: OrganizationId,
    pub slug: String,
    pub organization_name: String,
    pub subscription_id: Option<SubscriptionId>,
    pub amount: Money,
}

/// What the sandbox's page shows; `None` when the charge does not wait. The id is the secret, as in a processor's own link.
pub async fn sandbox_action(
    db: &PgPool,
    payment_attempt_id: PaymentAttemptId,
) -> Result<Option<SandboxAction>, QueryError> {
    let row = sqlx::query!(
        r#"select a.organization_id, o.slug, o.name, a.amount_minor, a.currency,
            (select c.subscription_id from subscription_change c where c.organization_id = a.organization_id and c.order_id = a.order_id
             limit 1) as subscription_id
         from payment_attempt a
         join organization o on o.organization_id = a.organization_id
         where a.payment_attempt_id = $1 and a.processor = 'sandbox' and a.state = 'requires_action'"#,
        payment_attempt_id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let currency = Currency::parse(&row.currency)
        .map_err(|_| InconsistencyError::new("payment_attempt", "currency", payment_attempt_id))?;
    Ok(Some(SandboxAction {
        organization_id: row.organization_id.into(),
        slug: row.slug,
        organization_name: row.name,
        subscription_id: row.subscription_id.map(SubscriptionId::from),
        amount: Money::new(row.amount_minor, currency),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::SandboxBehavior;
    use crate::payment::test_helpers::Case;

    #[tokio::test]
    async fn the_sandboxs_page_is_there_while_the_charge_waits() {
        let case = Case::new(SandboxBehavior::RequiresAction).await;
        let shown = async || sandbox_action(&case.db.pool, case.attempt_id).await.unwrap();
        assert_eq!(shown().await, None, "not asked yet");
        case.run_attempt().await;
        let action = shown().await.unwrap();
        assert_eq!((action.slug.as_str(), action.amount.minor), ("acme", 2_900));
        let owner = Actor::Member(case.owner.clone());
        let waiting = waiting_action(&case.db.pool, &owner, case.subscription_id).await.unwrap();
        assert_eq!(waiting, None, "it is no change's charge");
        case.sandbox.finish_action(case.attempt_id, true).await.unwrap();
        case.run_attempt().await;
        assert_eq!(shown().await, None);
    }
}
