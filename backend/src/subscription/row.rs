//! A subscription as the table holds it.

use domain::interval::{Interval, RecurringInterval};
use domain::money::{Currency, Money};
use domain::period::Period;
use domain::subscription::{Subscription, SubscriptionStatus};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::InconsistencyError;

/// The columns on which the rules rest, with the product's name.
#[derive(Debug)]
pub(crate) struct SubscriptionRow {
    pub organization_id: Uuid,
    pub subscription_id: Uuid,
    pub customer_id: Uuid,
    pub product_id: Uuid,
    pub price_id: Uuid,
    pub product_name: String,
    pub status: String,
    pub currency: String,
    pub amount_minor: i64,
    pub seats: Option<i32>,
    pub recurring_interval: String,
    pub recurring_interval_count: i32,
    pub billing_anchor_at: OffsetDateTime,
    pub current_period_start: OffsetDateTime,
    pub current_period_end: OffsetDateTime,
    pub trial_end: Option<OffsetDateTime>,
    pub started_at: Option<OffsetDateTime>,
    pub cancel_at_period_end: bool,
    pub canceled_at: Option<OffsetDateTime>,
    pub ends_at: Option<OffsetDateTime>,
    pub ended_at: Option<OffsetDateTime>,
    pub pause_at_period_end: bool,
    pub paused_at: Option<OffsetDateTime>,
    pub resumes_at: Option<OffsetDateTime>,
    pub past_due_at: Option<OffsetDateTime>,
    pub discount_id: Option<Uuid>,
    pub discount_applied_at: Option<OffsetDateTime>,
    pub revision: i64,
}

impl TryFrom<&SubscriptionRow> for Subscription {
    type Error = InconsistencyError;

    fn try_from(row: &SubscriptionRow) -> Result<Self, InconsistencyError> {
        let bad = |column| InconsistencyError::new("subscription", column, row.subscription_id);
        let interval =
            Interval::parse(&row.recurring_interval).ok_or_else(|| bad("recurring_interval"))?;
        Ok(Self {
            status: SubscriptionStatus::parse(&row.status).ok_or_else(|| bad("status"))?,
            interval: RecurringInterval::new(interval, row.recurring_interval_count)
                .map_err(|_| bad("recurring_interval_count"))?,
            billing_anchor_at: row.billing_anchor_at,
            current_period: Period { start: row.current_period_start, end: row.current_period_end },
            trial_end: row.trial_end,
            cancel_at_period_end: row.cancel_at_period_end,
            canceled_at: row.canceled_at,
            ends_at: row.ends_at,
            ended_at: row.ended_at,
            pause_at_period_end: row.pause_at_period_end,
            paused_at: row.paused_at,
            resumes_at: row.resumes_at,
            past_due_at: row.past_due_at,
            amount: Money::new(
                row.amount_minor,
                Currency::parse(&row.currency).map_err(|_| bad("currency"))?,
            ),
            seats: row.seats,
        })
    }
}

/// Reads and locks one subscription; a customer sees only its own.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    organization_id: Uuid,
    customer_id: Option<Uuid>,
    subscription_id: Uuid,
) -> Result<Option<SubscriptionRow>, sqlx::Error> {
    sqlx::query_as!(
        SubscriptionRow,
        "select s.organization_id, s.subscription_id, s.customer_id, s.product_id, s.price_id, p.name as product_name, s.status, s.currency,
            s.amount_minor, s.seats, s.recurring_interval, s.recurring_interval_count, s.billing_anchor_at, s.current_period_start,
            s.current_period_end, s.trial_end, s.started_at, s.cancel_at_period_end, s.canceled_at, s.ends_at, s.ended_at,
            s.pause_at_period_end, s.paused_at, s.resumes_at, s.past_due_at, s.discount_id, s.discount_applied_at, s.revision
         from subscription s
         join product p on p.organization_id = s.organization_id and p.product_id = s.product_id
         where s.organization_id = $1 and s.subscription_id = $2 and ($3::uuid is null or s.customer_id = $3)
         for update of s",
        organization_id,
        subscription_id,
        customer_id,
    )
    .fetch_optional(tx)
    .await
}
