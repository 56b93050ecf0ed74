//! Giving up a charge that waits for its customer, to pay with another method instead.

use domain::id::{CustomerId, OrderId, PaymentAttemptId};
use domain::order::OrderStatus;
use domain::payment::{PaymentAttemptState, PaymentOutcome};
use sqlx::PgPool;

use super::ask::look;
use super::attempt::conclude;
use super::claim;
use super::pay::PayError;
use super::processors::Processors;
use crate::context::Context;
use crate::error::Forbidden;

/// Gives the open order's waiting charge up at the processor, so that another can be made. Nothing happens when none waits.
///
/// # Errors
/// `NotOpen` when it turned out to be paid; `InProgress` while a charge runs that waits for nobody, or when the processor gave no clear
/// answer.
pub async fn give_up_action(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
    order_id: OrderId,
) -> Result<(), PayError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.payer(organization_id, order_id)?;
    let Some(attempt_id) = waiting(db, cx, order_id).await? else { return Ok(()) };
    let Some(attempt) = claim::one(db, cx, organization_id, attempt_id).await? else {
        return Err(PayError::InProgress);
    };
    let Some(processor) = processors.get(&attempt.processor) else {
        tracing::error!(%attempt_id, processor = attempt.processor, "this process cannot reach the charge's processor");
        return Err(PayError::InProgress);
    };
    let found = look(processor, cx.now, &attempt, true).await;
    match conclude(db, cx, &attempt, found).await? {
        PaymentOutcome::Declined(_) => Ok(()),
        PaymentOutcome::Succeeded => Err(PayError::NotOpen),
        PaymentOutcome::RequiresAction { .. } | PaymentOutcome::Unknown => {
            Err(PayError::InProgress)
        }
    }
}

/// The charge of the order that waits for the customer; `None` when nothing of it is open.
async fn waiting(
    db: &PgPool,
    cx: &Context,
    order_id: OrderId,
) -> Result<Option<PaymentAttemptId>, PayError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    let row = sqlx::query!(
        r#"select o.status, a.payment_attempt_id as "payment_attempt_id?", a.state as "state?"
         from orders o
         left join payment_attempt a on a.organization_id = o.organization_id and a.order_id = o.order_id and a.settled_at is null
         where o.organization_id = $1 and o.order_id = $2 and ($3::uuid is null or o.customer_id = $3) and o.status <> 'draft'"#,
        organization_id.as_uuid(),
        order_id.as_uuid(),
        cx.actor.customer_id().map(CustomerId::as_uuid),
    )
    .fetch_optional(db)
    .await?
    .ok_or(PayError::Unknown)?;
    if row.status != OrderStatus::Pending.as_str() {
        return Err(PayError::NotOpen);
    }
    match (row.payment_attempt_id, row.state.as_deref()) {
        (Some(id), Some(state)) if state == PaymentAttemptState::RequiresAction.as_str() => {
            Ok(Some(id.into()))
        }
        (Some(_), _) => Err(PayError::InProgress),
        (None, _) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::SandboxBehavior;
    use crate::payment::test_helpers::{Case, Fault, stands};
    use time::Duration;

    async fn give_up(case: &Case, processors: &Processors) -> Result<(), PayError> {
        let mut cx = case.db.cx_of(case.owner.clone());
        give_up_action(&case.db.pool, processors, &mut cx, case.order_id).await
    }

    /// An order whose charge waits for its customer.
    async fn waiting() -> Case {
        let case = Case::absent(SandboxBehavior::DeclineGeneric).await;
        case.work().await;
        let card = case.another_card(SandboxBehavior::RequiresAction).await;
        case.pay(Some(card)).await.unwrap();
        case
    }

    #[tokio::test]
    async fn what_was_approved_meanwhile_is_paid() {
        let case = waiting().await;
        let id: uuid::Uuid = sqlx::query_scalar(
            "select payment_attempt_id from payment_attempt where settled_at is null",
        )
        .fetch_one(&case.db.pool)
        .await
        .unwrap();
        assert!(case.sandbox.finish_action(id.into(), true).await.unwrap());
        let processors = case.processors();
        assert!(matches!(give_up(&case, &processors).await, Err(PayError::NotOpen)));
        assert_eq!(case.standing().await, stands("declined succeeded", "paid", "active"));
        assert!(matches!(give_up(&case, &processors).await, Err(PayError::NotOpen)));
    }

    #[tokio::test]
    async fn a_lost_answer_leaves_it_waiting_until_it_is_known() {
        for fault in [Fault::before(0), Fault::after(0), Fault::before(1), Fault::after(1)] {
            let case = waiting().await;
            let faulty = case.faulty(fault);
            assert!(matches!(give_up(&case, &faulty).await, Err(PayError::InProgress)));
            assert_eq!(case.standing().await.0, "declined requires_action");
            let processors = case.processors();
            give_up(&case, &processors).await.unwrap();
            assert_eq!(case.standing().await, stands("declined abandoned", "pending", "past_due"));
            give_up(&case, &processors).await.unwrap();
            assert_eq!(case.after(Duration::hours(25)).await, 0);
        }
    }

    #[tokio::test]
    async fn of_others_nothing_is_known() {
        let case = waiting().await;
        let eve = crate::test_support::fixtures::member(
            &case.db,
            case.organization_id,
            "eve@example.com",
        )
        .await;
        let mut cx = case.db.cx_of(eve);
        let refused =
            give_up_action(&case.db.pool, &case.processors(), &mut cx, case.order_id).await;
        assert!(matches!(refused, Err(PayError::Unknown)));
        assert_eq!(case.standing().await.0, "declined requires_action");
        let mut cx = case.db.cx_of(case.payer());
        give_up_action(&case.db.pool, &case.processors(), &mut cx, case.order_id).await.unwrap();
    }
}
