//! One subscription.

use domain::id::{CustomerId, SubscriptionId};
use domain::subscription::CancellationReason;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::row::SubscriptionRow;
use super::summary::SubscriptionSummary;
use crate::actor::Actor;
use crate::error::{Forbidden, InconsistencyError, QueryError};

/// A subscription with all that its page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionDetail {
    pub summary: SubscriptionSummary,
    pub customer_id: CustomerId,
    pub product_description: Option<String>,
    pub trial_start: Option<OffsetDateTime>,
    pub cancellation_reason: Option<CancellationReason>,
    pub cancellation_comment: Option<String>,
    pub created_at: OffsetDateTime,
}

/// The subscription with this id; `None` when there is none in the actor's reach. Every role of a customer may look.
pub async fn get(
    db: &PgPool,
    actor: &Actor,
    subscription_id: SubscriptionId,
) -> Result<Option<SubscriptionDetail>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    let row = sqlx::query!(
        "select s.organization_id, s.subscription_id, s.customer_id, s.product_id, s.price_id, p.name as product_name, s.status, s.currency,
            s.amount_minor, s.seats, s.recurring_interval, s.recurring_interval_count, s.billing_anchor_at, s.current_period_start,
            s.current_period_end, s.trial_end, s.started_at, s.cancel_at_period_end, s.canceled_at, s.ends_at, s.ended_at,
            s.pause_at_period_end, s.paused_at, s.resumes_at, s.past_due_at, s.discount_id, s.discount_applied_at, s.revision,
            p.description, s.trial_start, s.cancellation_reason, s.cancellation_comment, s.created_at
         from subscription s
         join product p on p.organization_id = s.organization_id and p.product_id = s.product_id
         where s.organization_id = $1 and s.subscription_id = $2 and ($3::uuid is null or s.customer_id = $3)
           and s.started_at is not null",
        organization_id.as_uuid(),
        subscription_id.as_uuid(),
        actor.customer_id().map(CustomerId::as_uuid),
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let cancellation_reason = match row.cancellation_reason.as_deref() {
        None => None,
        Some(text) => {
            let bad =
                || InconsistencyError::new("subscription", "cancellation_reason", subscription_id);
            Some(CancellationReason::parse(text).ok_or_else(bad)?)
        }
    };
    let summary = SubscriptionSummary::try_from(SubscriptionRow {
        organization_id: row.organization_id,
        subscription_id: row.subscription_id,
        customer_id: row.customer_id,
        product_id: row.product_id,
        price_id: row.price_id,
        product_name: row.product_name,
        status: row.status,
        currency: row.currency,
        amount_minor: row.amount_minor,
        seats: row.seats,
        recurring_interval: row.recurring_interval,
        recurring_interval_count: row.recurring_interval_count,
        billing_anchor_at: row.billing_anchor_at,
        current_period_start: row.current_period_start,
        current_period_end: row.current_period_end,
        trial_end: row.trial_end,
        started_at: row.started_at,
        cancel_at_period_end: row.cancel_at_period_end,
        canceled_at: row.canceled_at,
        ends_at: row.ends_at,
        ended_at: row.ended_at,
        pause_at_period_end: row.pause_at_period_end,
        paused_at: row.paused_at,
        resumes_at: row.resumes_at,
        past_due_at: row.past_due_at,
        discount_id: row.discount_id,
        discount_applied_at: row.discount_applied_at,
        revision: row.revision,
    })?;
    Ok(Some(SubscriptionDetail {
        summary,
        customer_id: row.customer_id.into(),
        product_description: row.description,
        trial_start: row.trial_start,
        cancellation_reason,
        cancellation_comment: row.cancellation_comment,
        created_at: row.created_at,
    }))
}
