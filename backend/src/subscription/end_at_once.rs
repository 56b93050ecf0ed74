//! Ending a subscription within another command's transaction.

use domain::event_type::EventType;
use domain::subscription::{CancellationReason, Subscription};
use serde_json::json;
use sqlx::PgConnection;

use super::row::{self, SubscriptionRow};
use super::{snapshot, unschedule_update};
use crate::context::Context;
use crate::error::QueryError;
use crate::event;
use crate::payment::void_open_orders;

/// It ends now, in a transaction that holds its row and has no open change: open orders are void, and nothing waits any more. Nothing is
/// paid back.
pub(crate) async fn end_at_once(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    reason: Option<CancellationReason>,
    comment: Option<&str>,
) -> Result<(), QueryError> {
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
