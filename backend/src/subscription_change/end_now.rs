//! Ending a subscription at once, with the refund that was quoted.

use domain::event_type::EventType;
use domain::money::Money;
use domain::payment::RefundReason;
use domain::quote::Quoted;
use domain::subscription::{CancellationReason, Subscription};
use serde_json::json;
use sqlx::PgConnection;

use super::error::SettleChangeError;
use crate::context::Context;
use crate::event;
use crate::payment::{NewRefund, prepare_refund, void_open_orders};
use crate::subscription::row::{self, SubscriptionRow};
use crate::subscription::snapshot;
use crate::subscription::unschedule_update;

/// It ends now: open orders are void, seats are free, nothing waits any more, and the refund is on its way.
pub(super) async fn end_now(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    reason: Option<CancellationReason>,
    comment: Option<&str>,
    quoted: &Quoted,
) -> Result<(), SettleChangeError> {
    let before = Subscription::try_from(row)?;
    let after = before.ended(cx.now);
    row::write(tx, cx.now, row, &after).await?;
    sqlx::query!(
        "update subscription set cancellation_reason = $3, cancellation_comment = $4 where organization_id = $1 and subscription_id = $2",
        row.organization_id,
        row.subscription_id,
        reason.map(CancellationReason::as_str),
        comment,
    )
    .execute(&mut *tx)
    .await?;
    let previous = json!({
        "status": before.status,
        "ended_at_us": null,
        "cancel_at_period_end": before.cancel_at_period_end,
    });
    let revoked = snapshot::event(EventType::SubscriptionRevoked, row, &after, previous);
    event::record(tx, cx, revoked).await?;
    void_open_orders(tx, cx, row.organization_id.into(), row.subscription_id.into()).await?;
    forget_what_waits(tx, row).await?;
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

/// The refund has settled the parts of the period that waited for a next order; there is none. Scheduled changes will not come.
async fn forget_what_waits(
    tx: &mut PgConnection,
    row: &SubscriptionRow,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from proration_entry where organization_id = $1 and subscription_id = $2 and order_id is null",
        row.organization_id,
        row.subscription_id,
    )
    .execute(&mut *tx)
    .await?;
    unschedule_update::forget(tx, row).await?;
    Ok(())
}
