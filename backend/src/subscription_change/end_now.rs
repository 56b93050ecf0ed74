//! Ending a subscription at once, with the refund that was quoted.

use domain::money::Money;
use domain::payment::RefundReason;
use domain::quote::Quoted;
use domain::subscription::CancellationReason;
use sqlx::PgConnection;

use super::error::SettleChangeError;
use crate::context::Context;
use crate::payment::{NewRefund, prepare_refund};
use crate::subscription::end_at_once::end_at_once;
use crate::subscription::row::SubscriptionRow;

/// It ends now: open orders are void, seats are free, nothing waits any more, and the refund is on its way.
pub(super) async fn end_now(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    reason: Option<CancellationReason>,
    comment: Option<&str>,
    quoted: &Quoted,
) -> Result<(), SettleChangeError> {
    // The refund settles the parts of the period that waited for a next order; there is none.
    end_at_once(tx, cx, row, reason, comment).await?;
    let Some(refund) = &quoted.result.refund else { return Ok(()) };
    for part in &refund.orders {
        let new = NewRefund {
            organization_id: row.organization_id.into(),
            order_id: part.order_id,
            amount: Money::new(part.amount_minor, refund.amount.currency),
            tax_minor: part.tax_minor,
            reason: RefundReason::Cancellation,
            comment: None,
        };
        prepare_refund(tx, cx, new).await?;
    }
    Ok(())
}
