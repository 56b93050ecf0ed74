//! An order whose next try is due: charged again, or given up.

use domain::id::{OrderId, OrganizationId, PaymentMethodId};
use domain::payment::{PaymentAttemptState, PaymentTrigger};
use domain::subscription::Subscription;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{give_up, rules};
use crate::context::Context;
use crate::order::{self, LockedOrder};
use crate::payment::attempt::PaymentError;
use crate::payment::pay::POSTPONED;
use crate::payment::settle::lock;
use crate::payment::{NewAttempt, method, prepare};
use crate::subscription::row::SubscriptionRow;

/// One order whose next try is due. `None` when no order is due.
pub(in crate::payment) async fn next_due(
    db: &PgPool,
    cx: &Context,
    passed_over: &[Uuid],
) -> Result<Option<(OrganizationId, OrderId)>, sqlx::Error> {
    let found = sqlx::query!(
        "select organization_id, order_id from orders
         where next_payment_attempt_at <= $1 and order_id <> all ($2) and ($3::uuid is null or organization_id = $3)
         order by next_payment_attempt_at
         limit 1",
        cx.now,
        passed_over,
        cx.actor.organization_id().map(OrganizationId::as_uuid),
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(|row| (row.organization_id.into(), row.order_id.into())))
}

/// What is to be done with an order that is due.
enum Step {
    /// Charge it with this method; `None`: the one that is charged by itself, if there is any.
    Try(Option<PaymentMethodId>),
    /// Look at it again then; `None`: when somebody else has settled it.
    Look(Option<OffsetDateTime>),
    GiveUp,
}

/// Tries the order again, if it still is due.
pub(in crate::payment) async fn retry(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    order_id: OrderId,
) -> Result<(), PaymentError> {
    let mut tx = db.begin().await?;
    let Some((row, order)) = lock(&mut tx, organization_id, order_id).await? else {
        return Ok(());
    };
    if order.next_payment_attempt_at.is_none_or(|at| at > cx.now) {
        return Ok(());
    }
    let step = step(&mut tx, cx, row.as_ref(), &order).await?;
    let next_at = match &step {
        Step::Look(next_at) => *next_at,
        Step::Try(_) | Step::GiveUp => None,
    };
    sqlx::query!(
        "update orders set next_payment_attempt_at = $3, modified_at = $4 where organization_id = $1 and order_id = $2",
        organization_id.as_uuid(),
        order_id.as_uuid(),
        next_at,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    match (step, &row) {
        (Step::Try(method), _) => try_with(&mut tx, cx, &order, method).await?,
        (Step::Look(_), _) => {}
        (Step::GiveUp, Some(row)) => {
            give_up(&mut tx, cx, row, &Subscription::try_from(row)?).await?;
        }
        (Step::GiveUp, None) => order::mark_void(&mut tx, cx, &order).await?,
    }
    tx.commit().await?;
    Ok(())
}

async fn step(
    tx: &mut PgConnection,
    cx: &Context,
    row: Option<&SubscriptionRow>,
    order: &LockedOrder,
) -> Result<Step, PaymentError> {
    match open_state(tx, order).await?.as_deref() {
        // Only a person can settle it.
        Some(state) if state == PaymentAttemptState::ForAPerson.as_str() => {
            return Ok(Step::Look(None));
        }
        // The customer's own try is under way.
        Some(_) => return Ok(Step::Look(Some(cx.now + POSTPONED))),
        None => {}
    }
    let (organization_id, customer_id) = (order.organization_id, order.customer_id);
    let main = method::charged(tx, organization_id, customer_id, order.subscription_id).await?;
    if !method::is_refused_for_good(tx, order, main).await? {
        return Ok(Step::Try(None));
    }
    if let Some(backup) = method::backup(tx, order).await?
        && !method::is_refused_for_good(tx, order, Some(backup)).await?
    {
        return Ok(Step::Try(Some(backup)));
    }
    let since = row.and_then(|row| row.past_due_at).unwrap_or(order.created_at);
    let (rules, _) = rules::of_customer(tx, organization_id, customer_id, cx.now).await?;
    let ends_at = rules.ends_at(since);
    Ok(if cx.now < ends_at { Step::Look(Some(ends_at)) } else { Step::GiveUp })
}

async fn open_state(
    tx: &mut PgConnection,
    order: &LockedOrder,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "select state from payment_attempt where organization_id = $1 and order_id = $2 and settled_at is null",
        order.organization_id.as_uuid(),
        order.order_id.as_uuid(),
    )
    .fetch_optional(tx)
    .await
}

async fn try_with(
    tx: &mut PgConnection,
    cx: &mut Context,
    order: &LockedOrder,
    payment_method_id: Option<PaymentMethodId>,
) -> Result<(), PaymentError> {
    let attempt = NewAttempt {
        organization_id: order.organization_id,
        order_id: order.order_id,
        customer_id: order.customer_id,
        amount: order.total,
        trigger: PaymentTrigger::RetryDunning,
        is_on_session: false,
        payment_method_id,
        return_path: None,
        due_at: cx.now,
    };
    prepare(tx, cx, attempt).await?;
    Ok(())
}
