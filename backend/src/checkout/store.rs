//! Writing a checkout's row, and what the event log keeps of it.

use domain::checkout::CustomerMatch;
use domain::event_type::EventType;
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;

use super::error::CheckoutError;
use super::row::CheckoutRow;
use crate::context::Context;
use crate::error::DatabaseError;
use crate::event::{self, NewEvent};
use crate::order;

/// Writes what was changed, opens the checkout again, and gives up the draft of what was confirmed before.
pub(super) async fn write_open(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &CheckoutRow,
) -> Result<(), CheckoutError> {
    void_draft(tx, cx, row).await?;
    write(tx, row, Some(cx.now)).await?;
    record(tx, cx, row, EventType::CheckoutUpdated).await?;
    Ok(())
}

/// Writes a checkout that is just being made.
pub(super) async fn write_new(
    tx: &mut PgConnection,
    row: &CheckoutRow,
) -> Result<(), CheckoutError> {
    write(tx, row, None).await?;
    Ok(())
}

async fn write(
    tx: &mut PgConnection,
    row: &CheckoutRow,
    modified_at: Option<OffsetDateTime>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update checkout
         set state = 'open', revision = revision + 1, product_id = $3, price_id = $4, seats = $5, discount_id = $6,
            allow_discount_codes = $7, allow_trial = $8, trial_interval = $9, trial_interval_count = $10, require_billing_address = $11,
            customer_id = $12, customer_match = $13, customer_email = $14, customer_name = $15, customer_ip_address = $16,
            is_business_customer = $17, billing_name = $18, billing_address = $19, tax_id = $20, customer_metadata = $21, metadata = $22,
            locale = $23, success_url = $24, return_url = $25, embed_origin = $26, order_id = null, modified_at = $27
         where organization_id = $1 and checkout_id = $2",
        row.organization_id,
        row.checkout_id,
        row.product_id,
        row.price_id,
        row.seats,
        row.discount_id,
        row.allow_discount_codes,
        row.allow_trial,
        row.trial_interval,
        row.trial_interval_count,
        row.require_billing_address,
        row.customer_id,
        row.customer_match,
        row.customer_email,
        row.customer_name,
        row.customer_ip_address,
        row.is_business_customer,
        row.billing_name,
        row.billing_address.as_ref().map(|address| Json(&address.0)) as _,
        row.tax_id,
        row.customer_metadata,
        row.metadata,
        row.locale,
        row.success_url,
        row.return_url,
        row.embed_origin,
        modified_at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Makes the order void that waited for its card.
pub(super) async fn void_draft(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &CheckoutRow,
) -> Result<(), CheckoutError> {
    let Some(order_id) = row.order_id else { return Ok(()) };
    let order = order::lock(tx, row.organization(), order_id.into()).await?;
    if let Some(order) = order.filter(|order| order.status == domain::order::OrderStatus::Draft) {
        order::mark_void(tx, cx, &order).await?;
    }
    Ok(())
}

/// Opens a checkout again whose charge came to nothing.
pub(super) async fn reopen(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &CheckoutRow,
    decline_code: &str,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update checkout set state = 'open', revision = revision + 1, order_id = null, decline_code = $3, modified_at = $4
         where organization_id = $1 and checkout_id = $2",
        row.organization_id,
        row.checkout_id,
        decline_code,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    record(tx, cx, row, EventType::CheckoutUpdated).await
}

/// Nobody can buy by it any more.
pub(super) async fn expire(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &CheckoutRow,
) -> Result<(), CheckoutError> {
    void_draft(tx, cx, row).await?;
    close(tx, cx.now, row, "expired").await?;
    record(tx, cx, row, EventType::CheckoutExpired).await?;
    Ok(())
}

/// It comes to an end without a subscription.
pub(super) async fn close(
    tx: &mut PgConnection,
    now: OffsetDateTime,
    row: &CheckoutRow,
    state: &str,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update checkout set state = $3, revision = revision + 1, settled_at = $4, due_at = null, modified_at = $4
         where organization_id = $1 and checkout_id = $2",
        row.organization_id,
        row.checkout_id,
        state,
        now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Records what happened to it. It shows in the activity of a customer who is proven, not of one whose address somebody typed.
pub(super) async fn record(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &CheckoutRow,
    event_type: EventType,
) -> Result<(), DatabaseError> {
    let is_proven = row
        .customer_match
        .as_deref()
        .and_then(CustomerMatch::parse)
        .is_some_and(CustomerMatch::is_proven);
    let happened = NewEvent {
        organization_id: row.organization(),
        event_type,
        subject_kind: "checkout",
        subject_id: row.checkout_id,
        customer_id: row.customer_id.filter(|_| is_proven).map(Into::into),
        snapshot: json!({ "product_id": row.product_id, "product_name": row.product_name }),
    };
    event::record(tx, cx, happened).await?;
    Ok(())
}
