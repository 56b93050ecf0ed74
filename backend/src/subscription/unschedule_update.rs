//! Taking a scheduled change of plan or seats back.

use domain::event_type::EventType;
use domain::id::{CustomerId, SubscriptionId};
use domain::subscription::Subscription;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use super::row::SubscriptionRow;
use super::{row, snapshot};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError};
use crate::event;

/// Why there is no scheduled change to take back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnscheduleUpdateRefusal {
    #[error("no change is scheduled")]
    NotScheduled,
    #[error("the period is over, the change takes effect")]
    TooLate,
    #[error("the subscription has ended")]
    Ended,
    #[error("a change of it waits for its payment")]
    ChangePending,
}

#[derive(Debug, Error)]
pub enum UnscheduleUpdateError {
    #[error("there is no such subscription")]
    Unknown,
    #[error("there is no change to take back: {0}")]
    Refused(UnscheduleUpdateRefusal),
    #[error("this role may not change subscriptions")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the change could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for UnscheduleUpdateError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Takes the scheduled change back: the subscription renews as it is. Returns its facts.
pub async fn unschedule_update(
    db: &PgPool,
    cx: &mut Context,
    subscription_id: SubscriptionId,
) -> Result<Subscription, UnscheduleUpdateError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let customer_id = cx.actor.customer_id().map(CustomerId::as_uuid);
    let mut tx = db.begin().await?;
    let row = row::lock(&mut tx, organization_id.into(), customer_id, subscription_id.into())
        .await?
        .ok_or(UnscheduleUpdateError::Unknown)?;
    let facts = Subscription::try_from(&row)?;
    let refused = |refusal| Err(UnscheduleUpdateError::Refused(refusal));
    if facts.is_ended() {
        return refused(UnscheduleUpdateRefusal::Ended);
    }
    if row.open_change_kind.is_some() {
        return refused(UnscheduleUpdateRefusal::ChangePending);
    }
    let Some(update) = row.pending_update()? else {
        return refused(UnscheduleUpdateRefusal::NotScheduled);
    };
    if update.applies_at <= cx.now {
        return refused(UnscheduleUpdateRefusal::TooLate);
    }
    forget(&mut tx, &row).await?;
    // A new revision, so that a quote made before is stale.
    row::write(&mut tx, cx.now, &row, &facts).await?;
    let previous = json!({
        "pending_product_name": update.product_name,
        "pending_seats": update.seats,
        "pending_amount_minor": update.amount.minor,
        "pending_applies_at_us": snapshot::micros(update.applies_at),
    });
    let event_type = EventType::SubscriptionUpdateUnscheduled;
    event::record(&mut tx, cx, snapshot::event(event_type, &row, &facts, previous)).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(facts)
}

/// Deletes the update that waits, if one does.
pub(crate) async fn forget(
    tx: &mut PgConnection,
    row: &SubscriptionRow,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "delete from subscription_pending_update where organization_id = $1 and subscription_id = $2",
        row.organization_id,
        row.subscription_id,
    )
    .execute(tx)
    .await?;
    Ok(())
}
