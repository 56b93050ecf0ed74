//! The subscriptions of the customer for whom a member acts.

use sqlx::PgPool;

use super::row::SubscriptionRow;
use super::summary::SubscriptionSummary;
use crate::actor::MemberActor;
use crate::error::QueryError;

/// No more are listed; who has more looks for the running ones, which come first.
pub const SUBSCRIPTIONS_MAX: i64 = 100;

/// The customer's subscriptions: running ones first, then the newest first. Every role may look.
pub async fn list(db: &PgPool, actor: &MemberActor) -> Result<Vec<SubscriptionSummary>, QueryError> {
    let rows = sqlx::query_as!(
        SubscriptionRow,
        "select s.organization_id, s.subscription_id, s.customer_id, s.product_id, s.price_id, p.name as product_name, s.status, s.currency,
            s.amount_minor, s.seats, s.recurring_interval, s.recurring_interval_count, s.billing_anchor_at, s.current_period_start,
            s.current_period_end, s.trial_end, s.started_at, s.cancel_at_period_end, s.canceled_at, s.ends_at, s.ended_at, s.revision
         from subscription s
         join product p on p.organization_id = s.organization_id and p.product_id = s.product_id
         where s.organization_id = $1 and s.customer_id = $2 and s.started_at is not null
         order by s.ended_at is not null, s.started_at desc, s.subscription_id desc
         limit $3",
        actor.organization_id.as_uuid(),
        actor.customer_id.as_uuid(),
        SUBSCRIPTIONS_MAX,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| Ok(row.try_into()?)).collect()
}
