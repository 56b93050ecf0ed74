//! Taking a cancellation back while the last period still runs.

use domain::event_type::EventType;
use domain::id::{CustomerId, SubscriptionId};
use domain::subscription::{KeepRefusal, Subscription};
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use super::{row, snapshot};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError};
use crate::event;

#[derive(Debug, Error)]
pub enum KeepError {
    #[error("there is no such subscription")]
    Unknown,
    #[error("the subscription cannot be kept: {0}")]
    Refused(KeepRefusal),
    #[error("this role may not change subscriptions")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the change could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for KeepError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Keeps a subscription that was set to end: it will renew as before. Returns the facts as they are now.
pub async fn keep(db: &PgPool, cx: &mut Context, subscription_id: SubscriptionId) -> Result<Subscription, KeepError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let customer_id = cx.actor.customer_id().map(CustomerId::as_uuid);
    let mut tx = db.begin().await?;
    let row = row::lock(&mut tx, organization_id.into(), customer_id, subscription_id.into()).await?.ok_or(KeepError::Unknown)?;
    let before = Subscription::try_from(&row)?;
    before.keep(cx.now).map_err(KeepError::Refused)?;
    sqlx::query!(
        "update subscription
         set cancel_at_period_end = false, canceled_at = null, ends_at = null, cancellation_reason = null, cancellation_comment = null,
            revision = revision + 1, modified_at = $3
         where organization_id = $1 and subscription_id = $2",
        row.organization_id,
        row.subscription_id,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let after = Subscription { cancel_at_period_end: false, canceled_at: None, ends_at: None, ..before };
    let previous = json!({
        "cancel_at_period_end": true,
        "canceled_at_us": before.canceled_at.map(snapshot::micros),
        "ends_at_us": before.ends_at.map(snapshot::micros),
    });
    let kept = snapshot::event(EventType::SubscriptionUncanceled, &row, &after, previous);
    event::record(&mut tx, cx, kept).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(after)
}
