//! A subscription as the table holds it, with all that decides what comes next.

use domain::change::ChangeKind;
use domain::interval::{Interval, RecurringInterval};
use domain::money::{Currency, Money};
use domain::period::Period;
use domain::subscription::{PendingUpdate, Subscription, SubscriptionStatus};
use domain::tax::TaxBehavior;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::summary::OpenChange;
use crate::error::{DatabaseError, InconsistencyError};
use crate::price::price_amount;

/// The columns on which the rules rest, with the product's name, the discount, the update that waits and the open change.
#[derive(Debug, Clone)]
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
    pub trial_start: Option<OffsetDateTime>,
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
    pub revision: i64,
    /// Of the price, else of the organization.
    pub tax_behavior: String,
    pub discount_id: Option<Uuid>,
    pub discount_applied_at: Option<OffsetDateTime>,
    pub discount_name: Option<String>,
    pub discount_type: Option<String>,
    pub discount_basis_points: Option<i32>,
    /// Of a fixed discount, in the subscription's currency; null when it takes nothing off in it.
    pub discount_amount_minor: Option<i64>,
    pub discount_duration: Option<String>,
    pub discount_duration_in_months: Option<i32>,
    pub pending_update_id: Option<Uuid>,
    pub pending_product_id: Option<Uuid>,
    pub pending_product_name: Option<String>,
    pub pending_price_id: Option<Uuid>,
    pub pending_seats: Option<i32>,
    pub pending_applies_at: Option<OffsetDateTime>,
    pub pending_interval: Option<String>,
    pub pending_interval_count: Option<i32>,
    pub pending_amount_type: Option<String>,
    pub pending_amount_minor: Option<i64>,
    pub pending_seat_tiers: Option<serde_json::Value>,
    pub pending_tax_behavior: Option<String>,
    pub open_change_kind: Option<String>,
    pub open_change_at: Option<OffsetDateTime>,
}

/// The query of subscription rows: the columns stand here once; a condition and its arguments are added.
macro_rules! subscription_rows {
    ($condition:literal, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            $crate::subscription::row::SubscriptionRow,
            r#"select s.organization_id, s.subscription_id, s.customer_id, s.product_id, s.price_id, p.name as product_name, s.status, s.currency,
                s.amount_minor, s.seats, s.recurring_interval, s.recurring_interval_count, s.billing_anchor_at, s.current_period_start,
                s.current_period_end, s.trial_start, s.trial_end, s.started_at, s.cancel_at_period_end, s.canceled_at, s.ends_at, s.ended_at,
                s.pause_at_period_end, s.paused_at, s.resumes_at, s.past_due_at, s.revision,
                coalesce(r.tax_behavior, o.tax_behavior) as "tax_behavior!",
                s.discount_id, s.discount_applied_at, d.name as "discount_name?", d.type as "discount_type?",
                d.basis_points as "discount_basis_points?", da.amount_minor as "discount_amount_minor?",
                d.duration as "discount_duration?", d.duration_in_months as "discount_duration_in_months?",
                u.pending_update_id as "pending_update_id?", up.product_id as "pending_product_id?", up.name as "pending_product_name?",
                ur.price_id as "pending_price_id?", u.seats as "pending_seats?", u.applies_at as "pending_applies_at?",
                up.recurring_interval as "pending_interval?", up.recurring_interval_count as "pending_interval_count?",
                ur.amount_type as "pending_amount_type?", ur.amount_minor as "pending_amount_minor?", ur.seat_tiers as "pending_seat_tiers?",
                coalesce(ur.tax_behavior, o.tax_behavior) as "pending_tax_behavior?",
                c.kind as "open_change_kind?", c.created_at as "open_change_at?"
             from subscription s
             join organization o on o.organization_id = s.organization_id
             join product p on p.organization_id = s.organization_id and p.product_id = s.product_id
             join price r on r.organization_id = s.organization_id and r.price_id = s.price_id
             left join discount d on d.organization_id = s.organization_id and d.discount_id = s.discount_id
             left join discount_amount da
                on da.organization_id = s.organization_id and da.discount_id = s.discount_id and da.currency = s.currency
             left join subscription_pending_update u
                on u.organization_id = s.organization_id and u.subscription_id = s.subscription_id
             left join product up
                on up.organization_id = u.organization_id and up.product_id = coalesce(u.product_id, s.product_id)
             left join price ur on ur.organization_id = u.organization_id and ur.price_id = coalesce(u.price_id, s.price_id)
             left join subscription_change c
                on c.organization_id = s.organization_id and c.subscription_id = s.subscription_id and c.state = 'pending' "# + $condition,
            $($argument),*
        )
    };
}
pub(crate) use subscription_rows;

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

impl SubscriptionRow {
    /// The update that waits for the period's end, if one does.
    pub(crate) fn pending_update(&self) -> Result<Option<PendingUpdate>, InconsistencyError> {
        let Some(pending_update_id) = self.pending_update_id else { return Ok(None) };
        let bad = |column| {
            InconsistencyError::new("subscription_pending_update", column, pending_update_id)
        };
        let missing = || bad("product_id");
        let price_id = self.pending_price_id.ok_or_else(|| bad("price_id"))?;
        let unit = self.pending_interval.as_deref().and_then(Interval::parse);
        let count = self.pending_interval_count.ok_or_else(missing)?;
        let price = price_amount(
            price_id,
            self.pending_amount_type.as_deref().unwrap_or_default(),
            self.pending_amount_minor,
            self.pending_seat_tiers.clone(),
        )?;
        let seats = price.is_seat_based().then(|| self.pending_seats.or(self.seats)).flatten();
        let amount_minor = price.amount_minor(seats).map_err(|_| bad("seats"))?;
        let currency = Currency::parse(&self.currency).map_err(|_| {
            InconsistencyError::new("subscription", "currency", self.subscription_id)
        })?;
        Ok(Some(PendingUpdate {
            product_id: self.pending_product_id.ok_or_else(missing)?.into(),
            price_id: price_id.into(),
            product_name: self.pending_product_name.clone().ok_or_else(missing)?,
            seats,
            amount: Money::new(amount_minor, currency),
            interval: RecurringInterval::new(unit.ok_or_else(missing)?, count)
                .map_err(|_| missing())?,
            tax_behavior: self
                .pending_tax_behavior
                .as_deref()
                .and_then(TaxBehavior::parse)
                .ok_or_else(|| InconsistencyError::new("price", "tax_behavior", price_id))?,
            applies_at: self.pending_applies_at.ok_or_else(|| bad("applies_at"))?,
        }))
    }

    /// Whether tax comes on top of the price.
    pub(crate) fn tax_behavior(&self) -> Result<TaxBehavior, InconsistencyError> {
        TaxBehavior::parse(&self.tax_behavior)
            .ok_or_else(|| InconsistencyError::new("price", "tax_behavior", self.price_id))
    }

    /// The change that waits for its payment, if one does.
    pub(crate) fn open_change(&self) -> Result<Option<OpenChange>, InconsistencyError> {
        let (Some(kind), Some(since)) = (self.open_change_kind.as_deref(), self.open_change_at)
        else {
            return Ok(None);
        };
        let kind = ChangeKind::parse(kind).ok_or_else(|| {
            InconsistencyError::new("subscription_change", "kind", self.subscription_id)
        })?;
        Ok(Some(OpenChange { kind, since }))
    }
}

/// Reads one subscription; a customer sees only its own.
pub(crate) async fn read(
    connection: &mut PgConnection,
    organization_id: Uuid,
    customer_id: Option<Uuid>,
    subscription_id: Uuid,
) -> Result<Option<SubscriptionRow>, sqlx::Error> {
    subscription_rows!(
        "where s.organization_id = $1 and s.subscription_id = $2 and ($3::uuid is null or s.customer_id = $3)",
        organization_id,
        subscription_id,
        customer_id,
    )
    .fetch_optional(connection)
    .await
}

/// Locks and reads one subscription; a customer sees only its own.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    organization_id: Uuid,
    customer_id: Option<Uuid>,
    subscription_id: Uuid,
) -> Result<Option<SubscriptionRow>, sqlx::Error> {
    // Read by a statement of its own: one that had to wait for the lock would see an open change or update as it was before.
    sqlx::query!(
        "select 1 as one from subscription
         where organization_id = $1 and subscription_id = $2 and ($3::uuid is null or customer_id = $3)
         for no key update",
        organization_id,
        subscription_id,
        customer_id,
    )
    .fetch_optional(&mut *tx)
    .await?;
    read(tx, organization_id, customer_id, subscription_id).await
}

/// Writes the facts down: what the row was becomes `after`, with all that follows from it (when it is due next, when a reminder is).
/// Product, price and discount are taken from `row`; a change of them is made there first.
pub(crate) async fn write(
    tx: &mut PgConnection,
    now: OffsetDateTime,
    row: &SubscriptionRow,
    after: &Subscription,
) -> Result<(), DatabaseError> {
    // The discount of a trial counts from the first charged period, wherever the trial's end was moved to.
    let discount_applied_at = match (row.discount_applied_at, row.status.as_str()) {
        (Some(_), "trialing") if after.status == SubscriptionStatus::Trialing => after.trial_end,
        (Some(_), "trialing") => Some(after.current_period.start),
        (applied_at, _) => applied_at,
    };
    sqlx::query!(
        "update subscription
         set product_id = $3, price_id = $4, status = $5, amount_minor = $6, seats = $7, recurring_interval = $8,
            recurring_interval_count = $9, billing_anchor_at = $10, current_period_start = $11, current_period_end = $12,
            trial_start = $13, trial_end = $14, cancel_at_period_end = $15, canceled_at = $16, ends_at = $17, ended_at = $18,
            pause_at_period_end = $19, paused_at = $20, resumes_at = $21, past_due_at = $22, discount_id = $23,
            discount_applied_at = $24, due_at = $25, reminder_due_at = $26, revision = revision + 1, modified_at = $27
         where organization_id = $1 and subscription_id = $2",
        row.organization_id,
        row.subscription_id,
        row.product_id,
        row.price_id,
        after.status.as_str(),
        after.amount.minor,
        after.seats,
        after.interval.interval().as_str(),
        i32::from(after.interval.count()),
        after.billing_anchor_at,
        after.current_period.start,
        after.current_period.end,
        row.trial_start,
        after.trial_end,
        after.cancel_at_period_end,
        after.canceled_at,
        after.ends_at,
        after.ended_at,
        after.pause_at_period_end,
        after.paused_at,
        after.resumes_at,
        after.past_due_at,
        row.discount_id,
        discount_applied_at,
        after.due_at(),
        after.reminder_due_at(now),
        now,
    )
    .execute(&mut *tx)
    .await?;
    if after.is_ended() && row.ended_at.is_none() {
        free_seats(tx, now, row).await?;
    }
    Ok(())
}

/// What has ended has nobody who uses it.
async fn free_seats(
    tx: &mut PgConnection,
    now: OffsetDateTime,
    row: &SubscriptionRow,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update customer_seat set status = 'revoked', revoked_at = $3
         where organization_id = $1 and subscription_id = $2 and status <> 'revoked'",
        row.organization_id,
        row.subscription_id,
        now,
    )
    .execute(tx)
    .await?;
    Ok(())
}
