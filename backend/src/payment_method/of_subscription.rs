//! What a subscription is charged with.

use domain::id::{CustomerId, PaymentMethodId, SubscriptionId};
use domain::payment_method::{CardExpiry, MethodDetails};
use sqlx::PgPool;

use crate::actor::Actor;
use crate::error::{Forbidden, QueryError};

/// The method of one subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionMethod {
    pub payment_method_id: PaymentMethodId,
    pub details: MethodDetails,
    /// Chosen for it; false: it is the customer's default.
    pub is_own: bool,
}

/// The subscription's own method, else the customer's default; `None` when there is neither, or no such subscription in the actor's
/// reach.
///
/// # Errors
/// `Forbidden` for roles that may not read billing.
pub async fn of_subscription(
    db: &PgPool,
    actor: &Actor,
    subscription_id: SubscriptionId,
) -> Result<Option<SubscriptionMethod>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.billing_reader(organization_id)?;
    let row = sqlx::query!(
        r#"select m.payment_method_id, m.kind, m.brand, m.last4, m.exp_month, m.exp_year, m.wallet,
            m.payment_method_id is not distinct from s.payment_method_id as "is_own!"
         from subscription s
         join customer c on c.organization_id = s.organization_id and c.customer_id = s.customer_id
         join payment_method m on m.organization_id = s.organization_id and m.deleted_at is null
            and m.payment_method_id in (s.payment_method_id, c.default_payment_method_id)
         where s.organization_id = $1 and s.subscription_id = $2 and ($3::uuid is null or s.customer_id = $3)
         order by m.payment_method_id is not distinct from s.payment_method_id desc
         limit 1"#,
        organization_id.as_uuid(),
        subscription_id.as_uuid(),
        actor.customer_id().map(CustomerId::as_uuid),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| SubscriptionMethod {
        payment_method_id: row.payment_method_id.into(),
        details: MethodDetails {
            kind: row.kind,
            brand: row.brand,
            last4: row.last4,
            expiry: row.exp_year.zip(row.exp_month).map(|(year, month)| CardExpiry { year, month }),
            wallet: row.wallet,
        },
        is_own: row.is_own,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::SandboxBehavior;
    use crate::payment_method::test_helpers::Case;
    use crate::payment_method::use_for_subscription;
    use crate::test_support::fixtures;

    #[tokio::test]
    async fn the_own_method_else_the_default() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let card = case.card("1111").await;
        let (pool, id) = (&case.db.pool, case.subscription.subscription_id);
        let actor = Actor::Member(case.owner.clone());
        let default = of_subscription(pool, &actor, id).await.unwrap().unwrap();
        assert_eq!((default.details.last4.as_deref(), default.is_own), (Some("4242"), false));
        use_for_subscription(pool, &mut case.cx(), id, Some(card)).await.unwrap();
        let own = of_subscription(pool, &actor, id).await.unwrap().unwrap();
        assert_eq!((own.payment_method_id, own.is_own), (card, true));
        case.execute("update customer set default_payment_method_id = null").await;
        use_for_subscription(pool, &mut case.cx(), id, None).await.unwrap();
        assert_eq!(of_subscription(pool, &actor, id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_neighbour_sees_nothing() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let neighbour = fixtures::member(&case.db, case.organization_id, "eve@example.com").await;
        let id = case.subscription.subscription_id;
        let seen = of_subscription(&case.db.pool, &Actor::Member(neighbour), id).await;
        assert_eq!(seen.unwrap(), None);
    }
}
