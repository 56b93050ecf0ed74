//! Subscriptions with all that the API shows of them.

use std::collections::HashMap;

use domain::id::{
    CheckoutId, CustomerId, DiscountId, OrganizationId, PriceId, ProductId, SubscriptionId,
};
use domain::interval::{Interval, RecurringInterval};
use domain::money::{Currency, Money};
use domain::period::Period;
use domain::subscription::{CancellationReason, SubscriptionStatus};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::{InconsistencyError, QueryError};

/// A subscription as its row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionRecord {
    pub subscription_id: SubscriptionId,
    pub customer_id: CustomerId,
    pub product_id: ProductId,
    pub price_id: PriceId,
    pub discount_id: Option<DiscountId>,
    /// The checkout that it began with.
    pub checkout_id: Option<CheckoutId>,
    pub status: SubscriptionStatus,
    /// For one period, before discount and tax.
    pub amount: Money,
    pub seats: Option<i32>,
    pub interval: RecurringInterval,
    pub period: Period,
    pub trial_start: Option<OffsetDateTime>,
    pub trial_end: Option<OffsetDateTime>,
    pub started_at: Option<OffsetDateTime>,
    pub cancel_at_period_end: bool,
    pub canceled_at: Option<OffsetDateTime>,
    pub ends_at: Option<OffsetDateTime>,
    pub ended_at: Option<OffsetDateTime>,
    pub past_due_at: Option<OffsetDateTime>,
    pub pause_at_period_end: bool,
    pub paused_at: Option<OffsetDateTime>,
    pub resumes_at: Option<OffsetDateTime>,
    pub cancellation_reason: Option<CancellationReason>,
    pub cancellation_comment: Option<String>,
    /// What the organization notes at it: a JSON object.
    pub metadata: serde_json::Value,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
    pub pending_update: Option<PendingUpdateRecord>,
}

/// What a subscription becomes when its period ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingUpdateRecord {
    pub pending_update_id: Uuid,
    pub product_id: Option<ProductId>,
    pub seats: Option<i32>,
    pub applies_at: OffsetDateTime,
    pub created_at: OffsetDateTime,
}

/// These subscriptions of one organization: one statement. Who may see them is for the caller to have asked
/// ([`super::page_of`], [`super::get`]).
///
/// # Errors
/// [`QueryError::Database`] and [`QueryError::Inconsistency`].
pub async fn records(
    db: &PgPool,
    organization_id: OrganizationId,
    subscription_ids: &[SubscriptionId],
) -> Result<HashMap<SubscriptionId, SubscriptionRecord>, QueryError> {
    let ids: Vec<Uuid> = subscription_ids.iter().map(|id| id.as_uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select s.subscription_id, s.customer_id, s.product_id, s.price_id, s.discount_id, s.checkout_id, s.status, s.currency, s.amount_minor, s.seats,
            s.recurring_interval, s.recurring_interval_count, s.current_period_start, s.current_period_end, s.trial_start, s.trial_end,
            s.started_at, s.cancel_at_period_end, s.canceled_at, s.ends_at, s.ended_at, s.past_due_at, s.pause_at_period_end, s.paused_at,
            s.resumes_at, s.cancellation_reason, s.cancellation_comment, s.metadata, s.created_at, s.modified_at,
            u.pending_update_id as "pending_update_id?", u.product_id as "pending_product_id?", u.seats as "pending_seats?",
            u.applies_at as "pending_applies_at?", u.created_at as "pending_created_at?"
         from subscription s
         left join subscription_pending_update u on u.organization_id = s.organization_id and u.subscription_id = s.subscription_id
         where s.organization_id = $1 and s.subscription_id = any ($2)"#,
        organization_id.as_uuid(),
        &ids,
    )
    .fetch_all(db)
    .await?;
    let mut records = HashMap::with_capacity(rows.len());
    for row in rows {
        let record = SubscriptionRecord::try_from(row)?;
        records.insert(record.subscription_id, record);
    }
    Ok(records)
}

struct Row {
    subscription_id: Uuid,
    customer_id: Uuid,
    product_id: Uuid,
    price_id: Uuid,
    discount_id: Option<Uuid>,
    checkout_id: Option<Uuid>,
    status: String,
    currency: String,
    amount_minor: i64,
    seats: Option<i32>,
    recurring_interval: String,
    recurring_interval_count: i32,
    current_period_start: OffsetDateTime,
    current_period_end: OffsetDateTime,
    trial_start: Option<OffsetDateTime>,
    trial_end: Option<OffsetDateTime>,
    started_at: Option<OffsetDateTime>,
    cancel_at_period_end: bool,
    canceled_at: Option<OffsetDateTime>,
    ends_at: Option<OffsetDateTime>,
    ended_at: Option<OffsetDateTime>,
    past_due_at: Option<OffsetDateTime>,
    pause_at_period_end: bool,
    paused_at: Option<OffsetDateTime>,
    resumes_at: Option<OffsetDateTime>,
    cancellation_reason: Option<String>,
    cancellation_comment: Option<String>,
    metadata: serde_json::Value,
    created_at: OffsetDateTime,
    modified_at: Option<OffsetDateTime>,
    pending_update_id: Option<Uuid>,
    pending_product_id: Option<Uuid>,
    pending_seats: Option<i32>,
    pending_applies_at: Option<OffsetDateTime>,
    pending_created_at: Option<OffsetDateTime>,
}

impl Row {
    fn pending_update(&self) -> Option<PendingUpdateRecord> {
        Some(PendingUpdateRecord {
            pending_update_id: self.pending_update_id?,
            product_id: self.pending_product_id.map(Into::into),
            seats: self.pending_seats,
            applies_at: self.pending_applies_at?,
            created_at: self.pending_created_at?,
        })
    }
}

impl TryFrom<Row> for SubscriptionRecord {
    type Error = InconsistencyError;

    fn try_from(row: Row) -> Result<Self, InconsistencyError> {
        let bad = |column| InconsistencyError::new("subscription", column, row.subscription_id);
        let interval = Interval::parse(&row.recurring_interval)
            .and_then(|unit| RecurringInterval::new(unit, row.recurring_interval_count).ok())
            .ok_or_else(|| bad("recurring_interval"))?;
        let cancellation_reason = row
            .cancellation_reason
            .as_deref()
            .map(|text| CancellationReason::parse(text).ok_or_else(|| bad("cancellation_reason")))
            .transpose()?;
        let currency = Currency::parse(&row.currency).map_err(|_| bad("currency"))?;
        Ok(Self {
            subscription_id: row.subscription_id.into(),
            customer_id: row.customer_id.into(),
            product_id: row.product_id.into(),
            price_id: row.price_id.into(),
            discount_id: row.discount_id.map(Into::into),
            checkout_id: row.checkout_id.map(Into::into),
            status: SubscriptionStatus::parse(&row.status).ok_or_else(|| bad("status"))?,
            amount: Money::new(row.amount_minor, currency),
            seats: row.seats,
            interval,
            period: Period { start: row.current_period_start, end: row.current_period_end },
            trial_start: row.trial_start,
            trial_end: row.trial_end,
            started_at: row.started_at,
            cancel_at_period_end: row.cancel_at_period_end,
            canceled_at: row.canceled_at,
            ends_at: row.ends_at,
            ended_at: row.ended_at,
            past_due_at: row.past_due_at,
            pause_at_period_end: row.pause_at_period_end,
            paused_at: row.paused_at,
            resumes_at: row.resumes_at,
            cancellation_reason,
            created_at: row.created_at,
            modified_at: row.modified_at,
            pending_update: row.pending_update(),
            cancellation_comment: row.cancellation_comment,
            metadata: row.metadata,
        })
    }
}
