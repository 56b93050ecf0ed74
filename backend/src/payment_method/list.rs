//! The methods that a customer has.

use domain::id::{CustomerId, OrganizationId, PaymentMethodId, SubscriptionId};
use domain::payment_method::MethodDetails;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::row::{MethodRow, method_rows};
use crate::actor::Actor;
use crate::error::{Forbidden, QueryError};

/// More are not shown; nobody has so many.
const METHODS_MAX: i64 = 50;
/// More subscriptions of one customer are not named.
const SUBSCRIPTIONS_MAX: i64 = 500;

/// A saved method, and what it is used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentMethod {
    pub payment_method_id: PaymentMethodId,
    pub customer_id: CustomerId,
    /// The processor that keeps it.
    pub processor: String,
    pub details: MethodDetails,
    pub is_default: bool,
    /// Charged when the one that should be charged is declined.
    pub is_backup: bool,
    /// Those that will be charged with it, with their products' names: its own, and as the default those without an own method.
    pub subscriptions: Vec<(SubscriptionId, String)>,
    pub created_at: OffsetDateTime,
}

/// The methods of the member's customer, newest first, at most 50.
///
/// # Errors
/// `Forbidden` for roles that may not read billing, and for whoever is no member.
pub async fn list(db: &PgPool, actor: &Actor) -> Result<Vec<PaymentMethod>, QueryError> {
    let member = actor.member().ok_or(Forbidden)?;
    member.billing_reader()?;
    read(db, member.organization_id, member.customer_id, None).await
}

/// The methods of one of the organization's customers, newest first, at most 50; none when there is no such customer.
///
/// # Errors
/// `Forbidden` for whoever is not of the organization's own side.
pub async fn list_of(
    db: &PgPool,
    actor: &Actor,
    customer_id: CustomerId,
) -> Result<Vec<PaymentMethod>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.staff(organization_id)?;
    read(db, organization_id, customer_id, None).await
}

/// One method; `None` when there is none in the actor's reach.
///
/// # Errors
/// `Forbidden` for roles that may not read billing.
pub async fn get(
    db: &PgPool,
    actor: &Actor,
    payment_method_id: PaymentMethodId,
) -> Result<Option<PaymentMethod>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.billing_reader(organization_id)?;
    let customer_id = sqlx::query_scalar!(
        "select customer_id from payment_method
         where organization_id = $1 and payment_method_id = $2 and deleted_at is null and ($3::uuid is null or customer_id = $3)",
        organization_id.as_uuid(),
        payment_method_id.as_uuid(),
        actor.customer_id().map(CustomerId::as_uuid),
    )
    .fetch_optional(db)
    .await?;
    let Some(customer_id) = customer_id else { return Ok(None) };
    Ok(read(db, organization_id, customer_id.into(), Some(payment_method_id)).await?.pop())
}

async fn read(
    db: &PgPool,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    only: Option<PaymentMethodId>,
) -> Result<Vec<PaymentMethod>, QueryError> {
    let rows = method_rows!(
        "where m.organization_id = $1 and m.customer_id = $2 and m.deleted_at is null and ($3::uuid is null or m.payment_method_id = $3)
         order by m.created_at desc, m.payment_method_id desc
         limit $4",
        organization_id.as_uuid(),
        customer_id.as_uuid(),
        only.map(PaymentMethodId::as_uuid),
        METHODS_MAX,
    )
    .fetch_all(db)
    .await?;
    let charged = sqlx::query!(
        r#"select subscription_id as "subscription_id!", product_name as "product_name!", payment_method_id as "payment_method_id!"
         from charged_subscription
         where organization_id = $1 and customer_id = $2 and payment_method_id is not null
         order by subscription_id
         limit $3"#,
        organization_id.as_uuid(),
        customer_id.as_uuid(),
        SUBSCRIPTIONS_MAX,
    )
    .fetch_all(db)
    .await?;
    let of = |row: &MethodRow| {
        charged
            .iter()
            .filter(|subscription| subscription.payment_method_id == row.payment_method_id)
            .map(|subscription| {
                (subscription.subscription_id.into(), subscription.product_name.clone())
            })
            .collect()
    };
    Ok(rows
        .iter()
        .map(|row| PaymentMethod {
            payment_method_id: row.payment_method_id.into(),
            customer_id: row.customer_id.into(),
            processor: row.processor.clone(),
            details: row.details(),
            is_default: row.is_default,
            is_backup: row.is_backup,
            subscriptions: of(row),
            created_at: row.created_at,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::SandboxBehavior;
    use crate::payment_method::test_helpers::{Case, names};
    use crate::payment_method::{set_backup, use_for_subscription};
    use crate::test_support::billing::{Offer, subscribed};
    use crate::test_support::fixtures;
    use domain::role::MemberRole;

    #[tokio::test]
    async fn newest_first_with_what_each_is_used_for() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let (own, backup) = (case.card("1111").await, case.card("2222").await);
        let (pool, mut cx) = (&case.db.pool, case.cx());
        set_backup(pool, &mut cx, Some(backup)).await.unwrap();
        let other = Offer::monthly(&case.db, case.organization_id).await;
        let other = other.subscribe(&case.db, &case.owner).await.subscription_id;
        use_for_subscription(pool, &mut cx, other, Some(own)).await.unwrap();
        let listed = list(pool, &cx.actor).await.unwrap();
        let seen: Vec<_> = listed
            .iter()
            .map(|method| {
                let last4 = method.details.last4.as_deref().unwrap();
                (last4, method.is_default, method.is_backup, names(&method.subscriptions))
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("2222", false, true, vec![]),
                ("1111", false, false, vec!["Pro"]),
                ("4242", true, false, vec!["Pro"]),
            ]
        );
        assert_eq!(listed[1].subscriptions[0].0, other);
        let staff =
            crate::context::Context::system_for(case.organization_id, case.db.now(), case.db.rng());
        assert_eq!(list_of(pool, &staff.actor, case.customer_id).await.unwrap(), listed);
        assert_eq!(get(pool, &cx.actor, own).await.unwrap().as_ref(), Some(&listed[1]));
        // What will not be charged again is not named.
        case.execute("update subscription set cancel_at_period_end = true, canceled_at = created_at, ends_at = current_period_end").await;
        let listed = list(pool, &cx.actor).await.unwrap();
        assert!(listed.iter().all(|method| method.subscriptions.is_empty()), "{listed:?}");
    }

    #[tokio::test]
    async fn others_are_refused_or_find_nothing() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let card = case.first_card().await;
        let neighbour = fixtures::member(&case.db, case.organization_id, "eve@example.com").await;
        subscribed(&case.db, &neighbour).await;
        let pool = &case.db.pool;
        let theirs = list(pool, &neighbour.clone().into()).await.unwrap();
        assert!(theirs.iter().all(|method| method.customer_id == neighbour.customer_id));
        assert_eq!(get(pool, &neighbour.clone().into(), card).await.unwrap(), None);
        let mut reader = case.owner.clone();
        reader.role = MemberRole::Member;
        assert!(matches!(list(pool, &reader.clone().into()).await, Err(QueryError::Forbidden(_))));
        assert!(matches!(get(pool, &reader.into(), card).await, Err(QueryError::Forbidden(_))));
        let refused = list_of(pool, &case.owner.clone().into(), case.customer_id).await;
        assert!(matches!(refused, Err(QueryError::Forbidden(_))));
        let payer = Actor::Payer {
            organization_id: case.organization_id,
            customer_id: case.customer_id,
            order_id: case.subscription.order_id,
        };
        assert!(list(pool, &payer).await.is_err());
        assert!(get(pool, &payer, card).await.is_err());
    }
}
