//! Pausing at the end of the paid period.

use domain::event_type::EventType;
use domain::id::{CustomerId, OrganizationId, SubscriptionId};
use domain::subscription::{PauseRefusal, Subscription};
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use time::OffsetDateTime;

use super::{row, snapshot};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError};
use crate::event;

/// A subscription to pause at the end of its current period.
#[derive(Debug, Clone, Copy)]
pub struct PauseSubscription {
    pub subscription_id: SubscriptionId,
    /// When it goes on by itself; `None`: when somebody resumes it.
    pub resumes_at: Option<OffsetDateTime>,
}

#[derive(Debug, Error)]
pub enum PauseError {
    #[error("there is no such subscription")]
    Unknown,
    #[error("the subscription cannot be paused: {0}")]
    Refused(PauseRefusal),
    #[error("the organization does not let its customers pause")]
    NotOffered,
    #[error("this role may not change subscriptions")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the change could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for PauseError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Schedules a pause: it runs to the end of the period that is paid for, then rests without a charge. Returns the facts as they are now.
///
/// # Errors
/// `NotOffered` to customers of an organization that does not let them; the organization itself always may.
pub async fn pause(
    db: &PgPool,
    cx: &mut Context,
    input: PauseSubscription,
) -> Result<Subscription, PauseError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let customer_id = cx.actor.customer_id().map(CustomerId::as_uuid);
    let mut tx = db.begin().await?;
    let row = row::lock(&mut tx, organization_id.into(), customer_id, input.subscription_id.into())
        .await?
        .ok_or(PauseError::Unknown)?;
    let before = Subscription::try_from(&row)?;
    if cx.actor.member().is_some() && !is_offered(&mut tx, organization_id).await? {
        return Err(PauseError::NotOffered);
    }
    if row.open_change_kind.is_some() {
        return Err(PauseError::Refused(PauseRefusal::ChangePending));
    }
    let after = before.pause(cx.now, input.resumes_at).map_err(PauseError::Refused)?;
    row::write(&mut tx, cx.now, &row, &after).await?;
    let previous = json!({ "pause_at_period_end": false, "resumes_at_us": null });
    let event_type = EventType::SubscriptionPauseScheduled;
    event::record(&mut tx, cx, snapshot::event(event_type, &row, &after, previous)).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(after)
}

async fn is_offered(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        "select pause from portal_setting where organization_id = $1",
        organization_id.as_uuid(),
    )
    .fetch_optional(tx)
    .await
    .map(|is_on| is_on == Some(true))
}
