//! Where a browser goes on once its customer is back from approving a charge.

use domain::id::{OrderId, OrganizationId, PaymentAttemptId, SubscriptionId};
use sqlx::PgPool;

use crate::error::QueryError;

/// What a charge was for, as far as a redirect has to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// The organization's slug.
    pub slug: String,
    pub order_id: OrderId,
    /// The subscription whose change the charge pays for, or the one that was bought anew; its page is the way on.
    pub changed_subscription_id: Option<SubscriptionId>,
    /// The path that was asked for when the charge was begun.
    pub return_path: Option<String>,
}

/// Where an attempt leads back to; `None` when there is no such attempt. Needs no actor: it tells nothing but where to go on.
pub async fn returned(
    db: &PgPool,
    organization_id: OrganizationId,
    payment_attempt_id: PaymentAttemptId,
) -> Result<Option<Returned>, QueryError> {
    let row = sqlx::query!(
        r#"select g.slug, a.order_id, a.return_path,
            (select coalesce(c.new_subscription_id, c.subscription_id) from subscription_change c
                where c.organization_id = a.organization_id and c.order_id = a.order_id
                limit 1) as subscription_id
         from payment_attempt a
         join organization g using (organization_id)
         where a.organization_id = $1 and a.payment_attempt_id = $2"#,
        organization_id.as_uuid(),
        payment_attempt_id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Returned {
        slug: row.slug,
        order_id: row.order_id.into(),
        changed_subscription_id: row.subscription_id.map(SubscriptionId::from),
        return_path: row.return_path,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::SandboxBehavior;
    use crate::payment::test_helpers::Case;
    use crate::test_support::billing::{Offer, change_pending};

    #[tokio::test]
    async fn a_renewal_leads_to_its_order_and_strangers_nowhere() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let (db, organization_id) = (&case.db.pool, case.organization_id);
        let found = returned(db, organization_id, case.attempt_id).await.unwrap().unwrap();
        let expected = Returned {
            slug: "acme".into(),
            order_id: case.order_id,
            changed_subscription_id: None,
            return_path: None,
        };
        assert_eq!(found, expected);
        let other = crate::test_support::fixtures::organization(&case.db, "other").await;
        assert_eq!(returned(db, other, case.attempt_id).await.unwrap(), None);
        change_pending(&case.db, case.subscription_id).await;
        for statement in [
            "update subscription_change set order_id = (select order_id from payment_attempt)",
            "update payment_attempt set return_path = '/x'",
        ] {
            sqlx::query(statement).execute(db).await.unwrap();
        }
        let found = returned(db, organization_id, case.attempt_id).await.unwrap().unwrap();
        assert_eq!(found.changed_subscription_id, Some(case.subscription_id));
        assert_eq!(found.return_path.as_deref(), Some("/x"));
        // Bought anew: the new one's page, once there is one.
        let offer = Offer::monthly(&case.db, organization_id).await;
        let anew = offer.subscribe(&case.db, &case.owner).await.subscription_id;
        sqlx::query("update subscription_change set new_subscription_id = $1")
            .bind(anew.as_uuid())
            .execute(db)
            .await
            .unwrap();
        let found = returned(db, organization_id, case.attempt_id).await.unwrap().unwrap();
        assert_eq!(found.changed_subscription_id, Some(anew));
    }
}
