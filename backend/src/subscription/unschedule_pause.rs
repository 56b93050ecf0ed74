//! Taking a scheduled pause back before it begins.

use domain::event_type::EventType;
use domain::id::{CustomerId, SubscriptionId};
use domain::subscription::{Subscription, UnschedulePauseRefusal};
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use super::{row, snapshot};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError};
use crate::event;

#[derive(Debug, Error)]
pub enum UnschedulePauseError {
    #[error("there is no such subscription")]
    Unknown,
    #[error("there is no pause to take back: {0}")]
    Refused(UnschedulePauseRefusal),
    #[error("this role may not change subscriptions")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the change could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for UnschedulePauseError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Lets a subscription run on that was to pause. No setting stands in the way. Returns the facts as they are now.
pub async fn unschedule_pause(
    db: &PgPool,
    cx: &mut Context,
    subscription_id: SubscriptionId,
) -> Result<Subscription, UnschedulePauseError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let customer_id = cx.actor.customer_id().map(CustomerId::as_uuid);
    let mut tx = db.begin().await?;
    let row = row::lock(&mut tx, organization_id.into(), customer_id, subscription_id.into())
        .await?
        .ok_or(UnschedulePauseError::Unknown)?;
    let before = Subscription::try_from(&row)?;
    if row.open_change_kind.is_some() {
        let refusal = UnschedulePauseRefusal::ChangePending;
        return Err(UnschedulePauseError::Refused(refusal));
    }
    let after = before.unschedule_pause(cx.now).map_err(UnschedulePauseError::Refused)?;
    row::write(&mut tx, cx.now, &row, &after).await?;
    let previous = json!({
        "pause_at_period_end": true,
        "resumes_at_us": before.resumes_at.map(snapshot::micros),
    });
    let event_type = EventType::SubscriptionPauseUnscheduled;
    event::record(&mut tx, cx, snapshot::event(event_type, &row, &after, previous)).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(after)
}
