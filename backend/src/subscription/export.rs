//! An organization's subscriptions, one after the other, for a file.

use domain::id::SubscriptionId;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::actor::Actor;
use crate::error::{Forbidden, QueryError};

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedSubscription {
    pub subscription_id: SubscriptionId,
    pub customer_email: String,
    pub customer_name: Option<String>,
    pub product_name: String,
    pub status: String,
    pub amount_minor: i64,
    pub currency: String,
    pub recurring_interval: String,
    pub recurring_interval_count: i32,
    pub seats: Option<i32>,
    pub started_at: Option<OffsetDateTime>,
    pub current_period_end: OffsetDateTime,
    pub ends_at: Option<OffsetDateTime>,
    pub ended_at: Option<OffsetDateTime>,
}

/// Up to `limit` subscriptions after this one, in the order of their ids.
///
/// # Errors
/// `Forbidden` for all but the organization itself.
pub async fn export(
    db: &PgPool,
    actor: &Actor,
    after: Option<SubscriptionId>,
    limit: i64,
) -> Result<Vec<ExportedSubscription>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.staff(organization_id)?;
    let rows = sqlx::query_as!(
        ExportedSubscription,
        "select s.subscription_id, c.email as customer_email, c.name as customer_name, p.name as product_name, s.status, s.amount_minor,
            s.currency, s.recurring_interval, s.recurring_interval_count, s.seats, s.started_at, s.current_period_end, s.ends_at, s.ended_at
         from subscription s
         join customer c on c.organization_id = s.organization_id and c.customer_id = s.customer_id
         join product p on p.organization_id = s.organization_id and p.product_id = s.product_id
         where s.organization_id = $1 and s.started_at is not null and ($2::uuid is null or s.subscription_id > $2)
         order by s.subscription_id
         limit $3",
        organization_id.as_uuid(),
        after.map(SubscriptionId::as_uuid),
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
