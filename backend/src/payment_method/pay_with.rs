//! Paying an order with the method that was just entered for it.

use domain::id::{OrderId, OrganizationId, PaymentAttemptId, PaymentMethodId};
use domain::order::OrderStatus;
use domain::payment::PaymentTrigger;
use sqlx::PgConnection;

use crate::context::Context;
use crate::error::QueryError;
use crate::payment::{self, LEASE, NewAttempt};

/// Tries of one order that its customer may cause.
const TRIES_MAX: i64 = 5;

/// Writes the charge, in the transaction that keeps the method. `None` when the order is not to be paid any more, a charge of it is
/// already on its way, or it was tried too often; the method is kept all the same.
pub(super) async fn pay_with(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    order_id: OrderId,
    payment_method_id: PaymentMethodId,
    return_path: Option<String>,
) -> Result<Option<PaymentAttemptId>, QueryError> {
    let Some((_, order)) = payment::lock(tx, organization_id, order_id).await? else {
        return Ok(None);
    };
    let tries = sqlx::query!(
        r#"select count(*) filter (where trigger = $3) as "by_customer!", coalesce(bool_or(settled_at is null), false) as "has_open!"
         from payment_attempt where organization_id = $1 and order_id = $2"#,
        organization_id.as_uuid(),
        order_id.as_uuid(),
        PaymentTrigger::RetryCustomer.as_str(),
    )
    .fetch_one(&mut *tx)
    .await?;
    if order.status != OrderStatus::Pending || tries.has_open || tries.by_customer >= TRIES_MAX {
        return Ok(None);
    }
    let attempt = NewAttempt {
        organization_id,
        order_id,
        customer_id: order.customer_id,
        amount: order.total,
        trigger: PaymentTrigger::RetryCustomer,
        is_on_session: true,
        payment_method_id: Some(payment_method_id),
        return_path,
        due_at: cx.now + LEASE,
    };
    Ok(payment::prepare(tx, cx, attempt).await?)
}
