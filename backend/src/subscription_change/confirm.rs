//! Confirming a quote: once, and for exactly what it says.

use domain::change::{ChangeKind, ChangeRefusal, ChangeTiming};
use domain::id::{
    CustomerId, OrderId, OrganizationId, PaymentAttemptId, QuoteId, SubscriptionChangeId,
    SubscriptionId,
};
use domain::order::BillingReason;
use domain::payment::{PaymentOutcome, PaymentTrigger};
use domain::quote::Quoted;
use domain::subscription::SubscriptionStatus;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use super::apply::apply;
use super::error::ConfirmError;
use crate::context::Context;
use crate::error::{Forbidden, InconsistencyError};
use crate::event;
use crate::order::{NewOrder, insert_order};
use crate::payment::{self, LEASE, NewAttempt, PaymentProcessor};
use crate::quote::{self, QuoteError, QuoteRequest};
use crate::subscription::row::{self, SubscriptionRow};

/// What became of a confirmed quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmed {
    /// It is done. Of a subscription that was bought anew, the new one.
    Applied { subscription_id: SubscriptionId },
    /// It takes effect when the period ends.
    Scheduled { subscription_id: SubscriptionId },
    /// The charge has not been answered yet; the worker carries the change out when it is.
    Pending { subscription_id: SubscriptionId },
    /// The customer has to approve the charge there first.
    RequiresAction { subscription_id: SubscriptionId, url: String },
}

/// Confirms a quote and charges what it says is due now. Nothing is applied before the money is there; a quote that no longer holds
/// is refused with a fresh one.
///
/// # Errors
/// `Unknown` for what is not in the actor's reach; `Redeemed`, `Stale`, `Expired`; `Refused` by name; `Declined`: nothing has changed.
pub async fn confirm(
    db: &PgPool,
    processor: &dyn PaymentProcessor,
    cx: &mut Context,
    quote_id: QuoteId,
) -> Result<Confirmed, ConfirmError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let redeemed = redeem(db, cx, organization_id, quote_id).await?;
    let (subscription_id, change_id, attempt_id) = match redeemed {
        Redeemed::Done(confirmed) => return Ok(confirmed),
        Redeemed::Charge(subscription_id, change_id, attempt_id) => {
            (subscription_id, change_id, attempt_id)
        }
    };
    match payment::run_attempt(db, processor, cx, organization_id, attempt_id).await {
        Ok(PaymentOutcome::Succeeded) => outcome(db, organization_id, change_id).await,
        Ok(PaymentOutcome::Declined(code)) => Err(ConfirmError::Declined { code }),
        Ok(PaymentOutcome::RequiresAction { url }) => {
            Ok(Confirmed::RequiresAction { subscription_id, url })
        }
        Ok(PaymentOutcome::Unknown) => Ok(Confirmed::Pending { subscription_id }),
        Err(error) => {
            // The charge is written down: the worker takes it up again, with the same key.
            tracing::error!(%attempt_id, error = &error as &dyn std::error::Error, "a change's charge was interrupted");
            Ok(Confirmed::Pending { subscription_id })
        }
    }
}

/// What a change that was paid came to.
async fn outcome(
    db: &PgPool,
    organization_id: OrganizationId,
    change_id: SubscriptionChangeId,
) -> Result<Confirmed, ConfirmError> {
    let change = sqlx::query!(
        "select subscription_id, new_subscription_id, state from subscription_change
         where organization_id = $1 and subscription_change_id = $2",
        organization_id.as_uuid(),
        change_id.as_uuid(),
    )
    .fetch_one(db)
    .await?;
    let subscription_id = change.new_subscription_id.unwrap_or(change.subscription_id).into();
    match change.state.as_str() {
        "applied" => Ok(Confirmed::Applied { subscription_id }),
        "pending" => Ok(Confirmed::Pending { subscription_id }),
        // It ended while the charge ran; the money goes back.
        _ => Err(ConfirmError::Refused(ChangeRefusal::Ended)),
    }
}

enum Redeemed {
    Done(Confirmed),
    Charge(SubscriptionId, SubscriptionChangeId, PaymentAttemptId),
}

/// A quote as the table holds it.
struct QuoteRow {
    request: serde_json::Value,
    result: serde_json::Value,
    subscription_revision: i64,
    due_now_minor: i64,
    created_at: OffsetDateTime,
    expires_at: OffsetDateTime,
    redeemed_at: Option<OffsetDateTime>,
}

/// Locks the subscription, makes sure that the quote holds, and carries it out or writes its charge down: one transaction.
async fn redeem(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    quote_id: QuoteId,
) -> Result<Redeemed, ConfirmError> {
    let mut tx = db.begin().await?;
    let (row, stored) =
        lock(&mut tx, cx, organization_id, quote_id).await?.ok_or(ConfirmError::Unknown)?;
    if stored.redeemed_at.is_some() {
        return Err(ConfirmError::Redeemed);
    }
    let request: QuoteRequest = serde_json::from_value(stored.request.clone())
        .map_err(|_| InconsistencyError::new("quote", "request", quote_id))?;
    if stored.expires_at <= cx.now {
        let fresh = Box::new(quote::make(&mut tx, cx, &row, request).await?);
        tx.commit().await?;
        return Err(ConfirmError::Expired { fresh });
    }
    let Some(quoted) = still_holds(&mut tx, cx, &row, &stored, &request).await? else {
        let fresh = Box::new(quote::make(&mut tx, cx, &row, request).await?);
        tx.commit().await?;
        return Err(ConfirmError::Stale { fresh });
    };
    sqlx::query!(
        "update quote set redeemed_at = $3 where organization_id = $1 and quote_id = $2",
        organization_id.as_uuid(),
        quote_id.as_uuid(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let redeemed = begin(&mut tx, cx, &row, quote_id, &request, &quoted).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(redeemed)
}

/// The subscription first: whoever confirms the same quote waits here, and finds it redeemed.
async fn lock(
    tx: &mut PgConnection,
    cx: &Context,
    organization_id: OrganizationId,
    quote_id: QuoteId,
) -> Result<Option<(SubscriptionRow, QuoteRow)>, ConfirmError> {
    let customer_id = cx.actor.customer_id().map(CustomerId::as_uuid);
    let subscription_id = sqlx::query_scalar!(
        "select subscription_id from quote
         where organization_id = $1 and quote_id = $2 and ($3::uuid is null or customer_id = $3)",
        organization_id.as_uuid(),
        quote_id.as_uuid(),
        customer_id,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(subscription_id) = subscription_id else { return Ok(None) };
    let row = row::lock(tx, organization_id.as_uuid(), customer_id, subscription_id).await?;
    let Some(row) = row else { return Ok(None) };
    let stored = sqlx::query_as!(
        QuoteRow,
        "select request, result, subscription_revision, due_now_minor, created_at, expires_at, redeemed_at
         from quote where organization_id = $1 and quote_id = $2",
        organization_id.as_uuid(),
        quote_id.as_uuid(),
    )
    .fetch_one(tx)
    .await?;
    Ok(Some((row, stored)))
}

/// The quote, worked out again from the rows as they are, if it comes to what was stored.
async fn still_holds(
    tx: &mut PgConnection,
    cx: &Context,
    row: &SubscriptionRow,
    stored: &QuoteRow,
    request: &QuoteRequest,
) -> Result<Option<Quoted>, ConfirmError> {
    if row.revision != stored.subscription_revision {
        return Ok(None);
    }
    let quoted = match quote::work_out(tx, &cx.actor, row, request, stored.created_at).await {
        Ok(quoted) => quoted,
        // Refused now: the caller's fresh quote says why, by name.
        Err(QuoteError::Refused(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let is_same = serde_json::to_value(&quoted).is_ok_and(|now| now == stored.result)
        && quoted.result.due_now.totals.total.minor == stored.due_now_minor
        && quoted.expires_at == stored.expires_at;
    Ok(is_same.then_some(quoted))
}

async fn begin(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    quote_id: QuoteId,
    request: &QuoteRequest,
    quoted: &Quoted,
) -> Result<Redeemed, ConfirmError> {
    let is_charged = charges(tx, row).await? && !quoted.result.due_now.totals.total.is_zero();
    let order_id = insert_change_order(tx, cx, row, request, quoted, is_charged).await?;
    let change_id: SubscriptionChangeId = cx.new_id();
    insert_change(tx, cx, row, change_id, quote_id, request.kind(), order_id).await?;
    if let (true, Some(order_id)) = (is_charged, order_id) {
        let attempt = NewAttempt {
            organization_id: row.organization_id.into(),
            order_id,
            customer_id: row.customer_id.into(),
            amount: quoted.result.due_now.totals.total,
            trigger: PaymentTrigger::SubscriptionUpdate,
            due_at: cx.now + LEASE,
        };
        let attempt_id = payment::prepare(tx, cx, attempt)
            .await?
            .ok_or_else(|| InconsistencyError::new("payment_attempt", "processor", order_id))?;
        return Ok(Redeemed::Charge(row.subscription_id.into(), change_id, attempt_id));
    }
    let subscription_id = apply(tx, cx, row, request, quoted, order_id).await?;
    let is_new = subscription_id.as_uuid() != row.subscription_id;
    sqlx::query!(
        "update subscription_change set state = 'applied', settled_at = $3, new_subscription_id = $4
         where organization_id = $1 and subscription_change_id = $2",
        row.organization_id,
        change_id.as_uuid(),
        cx.now,
        is_new.then_some(subscription_id.as_uuid()),
    )
    .execute(tx)
    .await?;
    Ok(Redeemed::Done(match quoted.result.timing {
        ChangeTiming::Now => Confirmed::Applied { subscription_id },
        ChangeTiming::NextPeriod => Confirmed::Scheduled { subscription_id },
    }))
}

/// Whether somebody charges the organization's customers. Otherwise they pay by hand, and a change does not wait for it.
async fn charges(tx: &mut PgConnection, row: &SubscriptionRow) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select payment_processor is not null as "charges!" from organization where organization_id = $1"#,
        row.organization_id,
    )
    .fetch_one(tx)
    .await
}

/// The order with the quote's lines; a draft while its charge is not settled. `None` when nothing is billed.
async fn insert_change_order(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    request: &QuoteRequest,
    quoted: &Quoted,
    is_draft: bool,
) -> Result<Option<OrderId>, ConfirmError> {
    let Some(terms) = quoted.terms.as_ref().filter(|_| !quoted.result.due_now.lines.is_empty())
    else {
        return Ok(None);
    };
    let is_trial = row.status == SubscriptionStatus::Trialing.as_str();
    let billing_reason = match request.kind() {
        ChangeKind::Resume => BillingReason::SubscriptionCycle,
        ChangeKind::Resubscribe => BillingReason::SubscriptionCreate,
        _ if is_trial && terms.begins_period => BillingReason::SubscriptionCycle,
        _ => BillingReason::SubscriptionUpdate,
    };
    let is_discounted = !quoted.result.due_now.totals.discount.is_zero();
    let order = NewOrder {
        organization_id: row.organization_id.into(),
        customer_id: row.customer_id.into(),
        // Of one that is bought anew, none yet.
        subscription_id: (request.kind() != ChangeKind::Resubscribe)
            .then_some(row.subscription_id.into()),
        product_id: terms.product_id,
        price_id: terms.price_id,
        product_name: quoted.result.product_name.clone(),
        billing_reason,
        amounts: quoted.result.due_now.clone(),
        discount_id: row.discount_id.filter(|_| is_discounted).map(Into::into),
        seats: terms.seats,
        period: terms.begins_period.then_some(terms.current_period),
        is_draft,
    };
    Ok(Some(insert_order(tx, cx, order).await?))
}

async fn insert_change(
    tx: &mut PgConnection,
    cx: &Context,
    row: &SubscriptionRow,
    change_id: SubscriptionChangeId,
    quote_id: QuoteId,
    kind: ChangeKind,
    order_id: Option<OrderId>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into subscription_change
            (organization_id, subscription_change_id, subscription_id, customer_id, quote_id, kind, state, order_id, created_at)
         values ($1, $2, $3, $4, $5, $6, 'pending', $7, $8)",
        row.organization_id,
        change_id.as_uuid(),
        row.subscription_id,
        row.customer_id,
        quote_id.as_uuid(),
        kind.as_str(),
        order_id.map(OrderId::as_uuid),
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(())
}
