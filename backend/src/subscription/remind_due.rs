//! Telling customers before money moves: that a trial ends, that a long period renews.

use domain::event_type::EventType;
use domain::id::OrganizationId;
use domain::subscription::{ReminderKind, Subscription};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::run_due::RunDueError;
use super::{row, snapshot};
use crate::context::Context;
use crate::event;

/// So many are told of in one transaction.
const BATCH: usize = 20;

/// Gives the reminders that are due, at most `limit`, and returns how many. One whose day has passed meanwhile, or that has nothing to
/// tell any more, is dropped.
pub(super) async fn remind_due(
    db: &PgPool,
    cx: &mut Context,
    limit: usize,
) -> Result<usize, RunDueError> {
    let mut done = 0;
    while done < limit {
        let mut tx = db.begin().await?;
        let claimed = claim(&mut tx, cx, BATCH.min(limit - done)).await?;
        if claimed.is_empty() {
            break;
        }
        for (organization_id, subscription_id) in claimed {
            done += usize::from(remind(&mut tx, cx, organization_id, subscription_id).await?);
        }
        tx.commit().await?;
    }
    Ok(done)
}

async fn claim(
    tx: &mut PgConnection,
    cx: &Context,
    limit: usize,
) -> Result<Vec<(Uuid, Uuid)>, sqlx::Error> {
    let rows = sqlx::query!(
        "update subscription set reminder_due_at = null
         where (organization_id, subscription_id) in (
            select organization_id, subscription_id from subscription
            where reminder_due_at <= $1 and ($2::uuid is null or organization_id = $2)
            order by reminder_due_at
            limit $3
            for no key update skip locked)
         returning organization_id, subscription_id",
        cx.now,
        cx.actor.organization_id().map(OrganizationId::as_uuid),
        i64::try_from(limit).unwrap_or(i64::MAX),
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.organization_id, row.subscription_id)).collect())
}

/// Whether there was something to tell.
async fn remind(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: Uuid,
    subscription_id: Uuid,
) -> Result<bool, RunDueError> {
    let Some(row) = row::read(tx, organization_id, None, subscription_id).await? else {
        return Ok(false);
    };
    let facts = match Subscription::try_from(&row) {
        Ok(facts) => facts,
        Err(error) => {
            tracing::error!(%subscription_id, error = &error as &dyn std::error::Error, "a reminder could not be given");
            return Ok(false);
        }
    };
    let reminder = facts
        .reminder()
        .filter(|reminder| reminder.at <= cx.now && cx.now < facts.current_period.end);
    let event_type = match reminder.map(|reminder| reminder.kind) {
        Some(ReminderKind::TrialEnds) => EventType::TrialReminderDue,
        Some(ReminderKind::Renews) => EventType::RenewalReminderDue,
        None => return Ok(false),
    };
    event::record(tx, cx, snapshot::event(event_type, &row, &facts, Value::Null)).await?;
    Ok(true)
}
