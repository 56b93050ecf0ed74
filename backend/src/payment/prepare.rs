//! Writing down that an order is to be charged, before anybody is asked for money.

use domain::id::{CustomerId, OrderId, OrganizationId, PaymentAttemptId};
use domain::money::Money;
use domain::payment::PaymentTrigger;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::context::Context;
use crate::error::DatabaseError;

/// A claim that brings no result by then comes due again: its process has died.
pub(crate) const LEASE: Duration = Duration::seconds(60);

/// A charge to be made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewAttempt {
    pub organization_id: OrganizationId,
    /// Pending, or a draft.
    pub order_id: OrderId,
    pub customer_id: CustomerId,
    /// More than 0.
    pub amount: Money,
    pub trigger: PaymentTrigger,
    /// When the worker takes it up: now; or, by a command that calls `run_attempt` itself right after its commit, `now + LEASE`,
    /// so that the worker comes in only if that command dies.
    pub due_at: OffsetDateTime,
}

/// Writes the attempt in the caller's transaction. `None` when nobody charges the organization's customers: the order then stays
/// open until a payment is noted. At most one attempt is open per order (`payment_attempt_open_key`).
pub(crate) async fn prepare(
    tx: &mut PgConnection,
    cx: &mut Context,
    attempt: NewAttempt,
) -> Result<Option<PaymentAttemptId>, DatabaseError> {
    let payment_attempt_id: PaymentAttemptId = cx.new_id();
    let inserted = sqlx::query!(
        "insert into payment_attempt
            (organization_id, payment_attempt_id, order_id, customer_id, trigger, state, amount_minor, currency, processor, due_at, created_at)
         select o.organization_id, $2, $3, $4, $5, 'prepared', $6, $7, o.payment_processor, $8, $9
         from organization o
         where o.organization_id = $1 and o.payment_processor is not null",
        attempt.organization_id.as_uuid(),
        payment_attempt_id.as_uuid(),
        attempt.order_id.as_uuid(),
        attempt.customer_id.as_uuid(),
        attempt.trigger.as_str(),
        attempt.amount.minor,
        attempt.amount.currency.as_str(),
        attempt.due_at,
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok((inserted.rows_affected() == 1).then_some(payment_attempt_id))
}
