//! One subscription.

use domain::id::{CustomerId, SubscriptionId};
use domain::subscription::CancellationReason;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::list::summaries;
use super::row;
use super::summary::SubscriptionSummary;
use crate::actor::Actor;
use crate::error::{Forbidden, InconsistencyError, QueryError};

/// A subscription with all that its page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionDetail {
    pub summary: SubscriptionSummary,
    pub customer_id: CustomerId,
    pub product_description: Option<String>,
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
    actor.reader(organization_id)?;
    let customer_id = actor.customer_id().map(CustomerId::as_uuid);
    let mut connection = db.acquire().await?;
    let row =
        row::read(&mut connection, organization_id.into(), customer_id, subscription_id.into())
            .await?;
    let Some(row) = row.filter(|row| row.started_at.is_some()) else { return Ok(None) };
    let more = sqlx::query!(
        "select p.description, s.cancellation_reason, s.cancellation_comment, s.created_at
         from subscription s
         join product p on p.organization_id = s.organization_id and p.product_id = s.product_id
         where s.organization_id = $1 and s.subscription_id = $2",
        organization_id.as_uuid(),
        subscription_id.as_uuid(),
    )
    .fetch_one(&mut *connection)
    .await?;
    drop(connection);
    let cancellation_reason = match more.cancellation_reason.as_deref() {
        None => None,
        Some(text) => {
            let bad =
                || InconsistencyError::new("subscription", "cancellation_reason", subscription_id);
            Some(CancellationReason::parse(text).ok_or_else(bad)?)
        }
    };
    let customer_id = row.customer_id.into();
    let summary = summaries(db, organization_id, vec![row]).await?.pop();
    Ok(summary.map(|summary| SubscriptionDetail {
        summary,
        customer_id,
        product_description: more.description,
        cancellation_reason,
        cancellation_comment: more.cancellation_comment,
        created_at: more.created_at,
    }))
}
