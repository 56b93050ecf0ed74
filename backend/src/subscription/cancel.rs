//! Cancelling at the end of the paid period. No setting can take this away from a customer.

use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{CustomerId, SubscriptionId};
use domain::subscription::{CancelRefusal, CancellationReason, Subscription, parse_cancellation_comment};
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use super::{row, snapshot};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError};
use crate::event;

/// A subscription to cancel at the end of its current period.
#[derive(Debug, Clone)]
pub struct CancelSubscription {
    pub subscription_id: SubscriptionId,
    pub reason: Option<CancellationReason>,
    /// As it was typed; cleaned and bounded here.
    pub comment: Option<String>,
}

#[derive(Debug, Error)]
pub enum CancelError {
    #[error("there is no such subscription")]
    Unknown,
    #[error("the subscription cannot be canceled: {0}")]
    Refused(CancelRefusal),
    #[error("the input has mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("this role may not cancel")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the cancellation could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for CancelError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Cancels at period end: it goes on until `ends_at` and is not charged again. Returns the facts as they are now.
pub async fn cancel(db: &PgPool, cx: &mut Context, input: CancelSubscription) -> Result<Subscription, CancelError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let comment = parse_cancellation_comment(input.comment.as_deref().unwrap_or_default()).map_err(|error| CancelError::Invalid(error.into()))?;
    let customer_id = cx.actor.customer_id().map(CustomerId::as_uuid);
    let mut tx = db.begin().await?;
    let row = row::lock(&mut tx, organization_id.into(), customer_id, input.subscription_id.into()).await?.ok_or(CancelError::Unknown)?;
    let before = Subscription::try_from(&row)?;
    let cancellation = before.cancel_at_period_end(cx.now).map_err(CancelError::Refused)?;
    sqlx::query!(
        "update subscription
         set cancel_at_period_end = true, canceled_at = $3, ends_at = $4, cancellation_reason = $5, cancellation_comment = $6,
            revision = revision + 1, modified_at = $3
         where organization_id = $1 and subscription_id = $2",
        row.organization_id,
        row.subscription_id,
        cancellation.canceled_at,
        cancellation.ends_at,
        input.reason.map(CancellationReason::as_str),
        comment,
    )
    .execute(&mut *tx)
    .await?;
    let after = Subscription {
        cancel_at_period_end: true,
        canceled_at: Some(cancellation.canceled_at),
        ends_at: Some(cancellation.ends_at),
        ..before
    };
    let previous = json!({ "cancel_at_period_end": false, "canceled_at_us": null, "ends_at_us": null });
    let canceled = snapshot::event(EventType::SubscriptionCanceled, &row, &after, previous);
    event::record(&mut tx, cx, canceled).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(after)
}
