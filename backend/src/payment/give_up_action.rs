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
