//! Writing down that an order is to be charged, before anybody is asked for money.

use domain::id::{CustomerId, OrderId, OrganizationId, PaymentAttemptId, PaymentMethodId};
use domain::money::Money;
use domain::payment::PaymentTrigger;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::context::Context;
use crate::error::DatabaseError;

/// A claim that brings no result by then comes due again: its process has died.
pub(crate) const LEASE: Duration = Duration::seconds(60);

/// A charge to be made.
#[derive(Debug, Clone)]
pub(crate) struct NewAttempt {
    pub organization_id: OrganizationId,
    /// Pending, or a draft.
    pub order_id: OrderId,
    pub customer_id: CustomerId,
    /// More than 0.
    pub amount: Money,
    pub trigger: PaymentTrigger,
    /// The customer is there and can approve it.
    pub is_on_session: bool,
    /// `None`: the subscription's own, else the customer's default.
    pub payment_method_id: Option<PaymentMethodId>,
    /// Where the browser is led after approving; `None`: to the order or the subscription.
    pub return_path: Option<String>,
    /// When the worker takes it up: now; or, by a command that calls `run_attempt` itself right after its commit, `now + LEASE`,
    /// so that the worker comes in only if that command dies.
    pub due_at: OffsetDateTime,
}

/// Writes the attempt in the caller's transaction. `None` when nobody charges the organization's customers: the order then stays
/// open until a payment is noted. Without any method the attempt is written all the same, and declined without asking anybody. At most
/// one attempt is open per order (`payment_attempt_open_key`).
pub(crate) async fn prepare(
    tx: &mut PgConnection,
    cx: &mut Context,
    attempt: NewAttempt,
) -> Result<Option<PaymentAttemptId>, DatabaseError> {
    let payment_attempt_id: PaymentAttemptId = cx.new_id();
    let inserted = sqlx::query!(
        "insert into payment_attempt
            (organization_id, payment_attempt_id, order_id, customer_id, trigger, state, amount_minor, currency, processor,
             payment_method_id, is_on_session, return_path, due_at, created_at)
         select o.organization_id, $2, $3, $4, $5, 'prepared', $6, $7, coalesce(m.processor, o.payment_processor),
            m.payment_method_id, $8, $9, $10, $11
         from organization o
         join orders bill on bill.organization_id = o.organization_id and bill.order_id = $3
         join customer c on c.organization_id = o.organization_id and c.customer_id = $4
         left join subscription s on s.organization_id = o.organization_id and s.subscription_id = bill.subscription_id
         left join payment_method m on m.organization_id = o.organization_id and m.customer_id = c.customer_id
            and m.payment_method_id = coalesce($12, s.payment_method_id, c.default_payment_method_id)
         where o.organization_id = $1 and o.payment_processor is not null",
        attempt.organization_id.as_uuid(),
        payment_attempt_id.as_uuid(),
        attempt.order_id.as_uuid(),
        attempt.customer_id.as_uuid(),
        attempt.trigger.as_str(),
        attempt.amount.minor,
        attempt.amount.currency.as_str(),
        attempt.is_on_session,
        attempt.return_path,
        attempt.due_at,
        cx.now,
        attempt.payment_method_id.map(PaymentMethodId::as_uuid),
    )
    .execute(tx)
    .await?;
    Ok((inserted.rows_affected() == 1).then_some(payment_attempt_id))
}
