//! Paying an order with the method that was just entered for it.

use domain::id::{OrderId, OrganizationId, PaymentAttemptId, PaymentMethodId};
use sqlx::PgConnection;

use crate::context::Context;
use crate::payment::{self, PayError, PaymentError};

/// Writes the charge, in the transaction that keeps the method. `None` when the order is not to be paid any more, a charge of it is
/// already on its way, or it was tried too often; the method is kept all the same.
pub(super) async fn pay_with(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    order_id: OrderId,
    payment_method_id: PaymentMethodId,
    return_path: Option<String>,
) -> Result<Option<PaymentAttemptId>, PaymentError> {
    let Some((_, order)) = payment::lock(tx, organization_id, order_id).await? else {
        return Ok(None);
    };
    match payment::prepare_manual(tx, cx, &order, Some(payment_method_id), return_path).await {
        Ok(payment_attempt_id) => Ok(Some(payment_attempt_id)),
        Err(PayError::Payment(error)) => Err(error),
        Err(refusal) => {
            tracing::info!(%order_id, %refusal, "an order is not paid with the method that was entered for it");
            Ok(None)
        }
    }
}
