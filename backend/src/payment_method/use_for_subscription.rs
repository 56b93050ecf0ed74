//! Which method a subscription is charged with.

use domain::event_type::EventType;
use domain::id::{CustomerId, PaymentMethodId, SubscriptionId};
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::row::{MethodRow, lock_customer, method_rows};
use super::{ChooseMethodError, retry_overdue};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event;

/// Gives a subscription a method of its own; `None`: the customer's default again. Its orders whose charge failed are tried again at once.
///
/// # Errors
/// `Unknown` when the method or the subscription is another customer's, is gone, or has ended.
pub async fn use_for_subscription(
    db: &PgPool,
    cx: &mut Context,
    subscription_id: SubscriptionId,
    payment_method_id: Option<PaymentMethodId>,
) -> Result<(), ChooseMethodError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let mut tx = db.begin().await?;
    let found = sqlx::query!(
        "select customer_id from subscription
         where organization_id = $1 and subscription_id = $2 and ($3::uuid is null or customer_id = $3)",
        organization_id.as_uuid(),
        subscription_id.as_uuid(),
        cx.actor.customer_id().map(CustomerId::as_uuid),
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(ChooseMethodError::Unknown)?;
    let customer = lock_customer(&mut tx, organization_id, found.customer_id.into())
        .await?
        .ok_or(ChooseMethodError::Unknown)?;
    let own_id = lock_own(&mut tx, organization_id.into(), subscription_id)
        .await?
        .ok_or(ChooseMethodError::Unknown)?;
    let to_id = payment_method_id.map(PaymentMethodId::as_uuid);
    let method = method_rows!(
        "where m.organization_id = $1 and m.customer_id = $2 and m.payment_method_id = $3 and (m.deleted_at is null or $4)",
        organization_id.as_uuid(),
        customer.customer_id.as_uuid(),
        to_id.or(own_id),
        to_id.is_none(),
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(method) = method else {
        // Nothing was its own, and nothing shall be.
        return if to_id.is_none() { Ok(()) } else { Err(ChooseMethodError::Unknown) };
    };
    if own_id == to_id {
        return Ok(());
    }
    write(&mut tx, cx, &method, subscription_id, own_id, to_id).await?;
    let customer_id = customer.customer_id;
    retry_overdue(&mut tx, cx, organization_id, customer_id, Some(subscription_id)).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

/// Locks a subscription that has not ended, and answers its own method.
pub(super) async fn lock_own(
    tx: &mut PgConnection,
    organization_id: Uuid,
    subscription_id: SubscriptionId,
) -> Result<Option<Option<Uuid>>, sqlx::Error> {
    sqlx::query_scalar!(
        "select payment_method_id from subscription
         where organization_id = $1 and subscription_id = $2 and ended_at is null
         for no key update",
        organization_id,
        subscription_id.as_uuid(),
    )
    .fetch_optional(tx)
    .await
}

/// Writes a subscription's own method, its row being held, and says so; `method` is the new one, or the former when there is none.
pub(super) async fn write(
    tx: &mut PgConnection,
    cx: &mut Context,
    method: &MethodRow,
    subscription_id: SubscriptionId,
    from_id: Option<Uuid>,
    to_id: Option<Uuid>,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update subscription set payment_method_id = $3, modified_at = $4 where organization_id = $1 and subscription_id = $2",
        method.organization_id,
        subscription_id.as_uuid(),
        to_id,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let facts = json!({
        "subscription_id": subscription_id,
        "is_own": to_id.is_some(),
        "previous_payment_method_id": from_id,
    });
    event::record(tx, cx, method.event(EventType::PaymentMethodUpdated, facts)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::SandboxBehavior;
    use crate::payment_method::test_helpers::Case;
    use crate::test_support::billing::subscribed;
    use crate::test_support::fixtures;

    #[tokio::test]
    async fn an_own_card_and_the_default_again_each_said_once() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let card = case.card("1111").await;
        let (pool, subscription_id) = (&case.db.pool, case.subscription.subscription_id);
        for (card, chosen) in [(None, "4242 - -"), (Some(card), "4242 - 1111"), (None, "4242 - -")]
        {
            for _ in 0..2 {
                use_for_subscription(pool, &mut case.cx(), subscription_id, card).await.unwrap();
            }
            assert_eq!(case.chosen().await, chosen);
        }
        assert_eq!(case.events("payment_method.updated").await, 2);
        case.is_sound().await;
    }

    #[tokio::test]
    async fn neither_anothers_card_nor_anothers_subscription() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let card = case.card("1111").await;
        let neighbour = fixtures::member(&case.db, case.organization_id, "eve@example.com").await;
        let theirs = subscribed(&case.db, &neighbour).await.subscription_id;
        let own = case.subscription.subscription_id;
        let pool = &case.db.pool;
        for (mut cx, subscription_id) in [
            (case.cx(), theirs),
            (case.db.cx_of(neighbour.clone()), own),
            (case.db.cx_of(neighbour), theirs),
        ] {
            let answer = use_for_subscription(pool, &mut cx, subscription_id, Some(card)).await;
            assert!(matches!(answer, Err(ChooseMethodError::Unknown)), "{answer:?}");
        }
        case.db.settled().await;
        case.execute(
            "update subscription set status = 'canceled', ended_at = created_at, due_at = null",
        )
        .await;
        let answer = use_for_subscription(pool, &mut case.cx(), own, Some(card)).await;
        assert!(matches!(answer, Err(ChooseMethodError::Unknown)), "{answer:?}");
    }
}
