//! What a settled charge means: for its attempt, its order, its subscription and the change that waited for it. One transaction.

use domain::id::{OrderId, OrganizationId, SubscriptionId};
use domain::order::OrderStatus;
use domain::payment::{DeclineCode, PaymentAttemptState, PaymentTrigger, RefundReason};
use sqlx::{PgConnection, PgPool};

use super::attempt::PaymentError;
use super::claim::Attempt;
use super::{NewRefund, Settlement, dunning, prepare_refund};
use crate::checkout;
use crate::context::Context;
use crate::error::{InconsistencyError, QueryError};
use crate::event;
use crate::order::{self, LockedOrder};
use crate::subscription::row::{self, SubscriptionRow};
use crate::subscription_change::on_order_settled;

/// Writes the outcome down, once: whoever comes second changes nothing.
pub(super) async fn settle(
    db: &PgPool,
    cx: &mut Context,
    attempt: &Attempt,
    settlement: Settlement,
) -> Result<(), PaymentError> {
    let mut tx = db.begin().await?;
    let (subscription, order) =
        lock(&mut tx, attempt.organization_id, attempt.order_id).await?.ok_or_else(|| {
            InconsistencyError::new("payment_attempt", "order_id", attempt.payment_attempt_id)
        })?;
    if !close(&mut tx, cx, attempt, settlement).await? {
        return Ok(());
    }
    match (order.status, settlement) {
        (OrderStatus::Pending, Settlement::Paid) => {
            order::mark_paid(&mut tx, cx, &order).await?;
            if let Some(subscription) = &subscription {
                dunning::recover(&mut tx, cx, subscription).await?;
            }
        }
        (OrderStatus::Pending, Settlement::Declined(code)) => {
            let failure = attempt.failure(code);
            dunning::failed(&mut tx, cx, subscription.as_ref(), &order, failure).await?;
        }
        // The customer did not want to: there is nothing to tell.
        (OrderStatus::Pending, Settlement::Abandoned)
            if attempt.trigger == PaymentTrigger::RetryCustomer => {}
        (OrderStatus::Pending, Settlement::Abandoned) => {
            let failure = attempt.failure(DeclineCode::AuthenticationRequired);
            dunning::failed(&mut tx, cx, subscription.as_ref(), &order, failure).await?;
        }
        (OrderStatus::Draft, settlement) => {
            let (organization_id, order_id) = (order.organization_id, order.order_id);
            let changes = on_order_settled(&mut tx, cx, organization_id, order_id, settlement);
            let method = attempt.payment_method_id;
            if !changes.await?
                && !checkout::on_order_settled(&mut tx, cx, &order, settlement, method).await?
            {
                return Err(InconsistencyError::new("orders", "status", order_id).into());
            }
        }
        (_, Settlement::Paid) => give_back(&mut tx, cx, &order).await?,
        (_, Settlement::Declined(_) | Settlement::Abandoned) => {}
    }
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

impl Attempt {
    fn failure(&self, code: DeclineCode) -> dunning::Failure {
        dunning::Failure {
            trigger: self.trigger,
            code,
            payment_method_id: self.payment_method_id,
            is_on_session: self.is_on_session,
        }
    }
}

/// Locks the order after its subscription, or after the checkout that is to begin one, as everybody does.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    order_id: OrderId,
) -> Result<Option<(Option<SubscriptionRow>, LockedOrder)>, QueryError> {
    let subscription_id = sqlx::query_scalar!(
        "select subscription_id from orders where organization_id = $1 and order_id = $2",
        organization_id.as_uuid(),
        order_id.as_uuid(),
    )
    .fetch_optional(&mut *tx)
    .await?
    .flatten();
    let subscription = if let Some(subscription_id) = subscription_id {
        row::lock(tx, organization_id.as_uuid(), None, subscription_id).await?
    } else {
        checkout::lock_of_order(tx, organization_id, order_id).await?;
        None
    };
    let order = order::lock(tx, organization_id, order_id).await?;
    Ok(order.map(|order| (subscription, order)))
}

/// Closes the attempt; false when it was closed before.
async fn close(
    tx: &mut PgConnection,
    cx: &Context,
    attempt: &Attempt,
    settlement: Settlement,
) -> Result<bool, PaymentError> {
    let (state, code) = match settlement {
        Settlement::Paid => (PaymentAttemptState::Succeeded, None),
        Settlement::Declined(code) => (PaymentAttemptState::Declined, Some(code.as_str())),
        Settlement::Abandoned => (PaymentAttemptState::Abandoned, None),
    };
    let closed = sqlx::query!(
        "update payment_attempt
         set state = $3, decline_code = $4, settled_at = $5, due_at = null, processor_payment_id = coalesce(processor_payment_id, $6)
         where organization_id = $1 and payment_attempt_id = $2 and settled_at is null",
        attempt.organization_id.as_uuid(),
        attempt.payment_attempt_id.as_uuid(),
        state.as_str(),
        code,
        cx.now,
        attempt.processor_payment_id,
    )
    .execute(tx)
    .await?;
    Ok(closed.rows_affected() == 1)
}

/// The charge went through, but its order is not to be paid any more: all of it goes back.
async fn give_back(
    tx: &mut PgConnection,
    cx: &mut Context,
    order: &LockedOrder,
) -> Result<(), PaymentError> {
    tracing::warn!(order_id = %order.order_id, status = %order.status, "a charge went through for an order that was not open; it goes back");
    let refund = NewRefund {
        organization_id: order.organization_id,
        order_id: order.order_id,
        amount: order.total,
        tax_minor: order.tax_minor,
        reason: RefundReason::OrderVoid,
        comment: None,
    };
    prepare_refund(tx, cx, refund).await?;
    Ok(())
}

/// Gives up an order's charge if it was not sent yet, or, when a person decides, if it waits for one. False when one is in flight: the
/// money may be taken.
pub(crate) async fn close_unsent(
    tx: &mut PgConnection,
    cx: &Context,
    organization_id: OrganizationId,
    order_id: OrderId,
    by_a_person: bool,
) -> Result<bool, QueryError> {
    let open = sqlx::query!(
        "select payment_attempt_id, sent_at, state from payment_attempt
         where organization_id = $1 and order_id = $2 and settled_at is null
         for update",
        organization_id.as_uuid(),
        order_id.as_uuid(),
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(open) = open else { return Ok(true) };
    let is_decided = by_a_person && open.state == PaymentAttemptState::ForAPerson.as_str();
    if open.sent_at.is_some() && !is_decided {
        return Ok(false);
    }
    sqlx::query!(
        "update payment_attempt set state = 'abandoned', settled_at = $3, due_at = null
         where organization_id = $1 and payment_attempt_id = $2",
        organization_id.as_uuid(),
        open.payment_attempt_id,
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(true)
}

/// Makes a subscription's open orders void, in a transaction that holds the subscription's row; returns how many. A charge that is in
/// flight goes on: if it takes the money after all, all of it goes back.
pub(crate) async fn void_open_orders(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    subscription_id: SubscriptionId,
) -> Result<usize, QueryError> {
    let order_ids = sqlx::query_scalar!(
        "select order_id from orders where organization_id = $1 and subscription_id = $2 and status = 'pending' order by created_at, order_id",
        organization_id.as_uuid(),
        subscription_id.as_uuid(),
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut voided = 0;
    for order_id in order_ids {
        let Some(order) = order::lock(tx, organization_id, order_id.into()).await? else {
            continue;
        };
        if order.status == OrderStatus::Pending {
            close_unsent(tx, cx, organization_id, order.order_id, false).await?;
            order::mark_void(tx, cx, &order).await?;
            voided += 1;
        }
    }
    Ok(voided)
}
