//! A payment arrived: what was past due goes on.

use domain::event_type::EventType;
use domain::subscription::{Subscription, SubscriptionStatus};
use serde_json::json;
use sqlx::PgConnection;

use super::record;
use crate::context::Context;
use crate::error::QueryError;
use crate::subscription::row::{self, SubscriptionRow};
use crate::subscription::snapshot;

/// A payment arrived: what was past due is active again, once none of its orders is overdue.
pub(crate) async fn recover(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
) -> Result<(), QueryError> {
    let before = Subscription::try_from(row)?;
    if before.status != SubscriptionStatus::PastDue || is_overdue(tx, row).await? {
        return Ok(());
    }
    let after = Subscription { status: SubscriptionStatus::Active, past_due_at: None, ..before };
    row::write(tx, cx.now, row, &after).await.map_err(|error| error.0)?;
    let previous = json!({
        "status": before.status,
        "past_due_at_us": before.past_due_at.map(snapshot::micros),
    });
    record(tx, cx, row, &after, EventType::SubscriptionRecovered, previous).await?;
    Ok(())
}

/// An open order of it has a charge that failed.
async fn is_overdue(tx: &mut PgConnection, row: &SubscriptionRow) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (
            select from orders o
            join payment_attempt a on a.organization_id = o.organization_id and a.order_id = o.order_id
            where o.organization_id = $1 and o.subscription_id = $2 and o.status = 'pending'
              and (a.state = 'declined' or (a.state = 'abandoned' and a.sent_at is not null))) as "exists!""#,
        row.organization_id,
        row.subscription_id,
    )
    .fetch_one(tx)
    .await
}
