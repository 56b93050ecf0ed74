//! What the settled charge of a change means for the change.

use domain::event_type::EventType;
use domain::id::{OrderId, OrganizationId, SubscriptionChangeId, SubscriptionId};
use domain::payment::RefundReason;
use domain::quote::Quoted;
use domain::subscription::Subscription;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::apply::apply;
use super::error::SettleChangeError;
use crate::context::Context;
use crate::error::InconsistencyError;
use crate::event;
use crate::order::{self, LockedOrder};
use crate::payment::{NewRefund, Settlement, prepare_refund};
use crate::quote::QuoteRequest;
use crate::subscription::row::{self, SubscriptionRow};
use crate::subscription::snapshot;

struct OpenChange {
    subscription_change_id: Uuid,
    subscription_id: Uuid,
    kind: String,
    request: Value,
    result: Value,
}

/// Applies or refuses the change whose order was settled, in the settling transaction. True when the order belongs to a change;
/// one that was settled before is left as it is.
///
/// Paid: the change is applied as it was quoted, and the draft becomes a paid order. Otherwise the draft is void and nothing changes.
/// When the subscription has ended meanwhile, all of the money goes back.
pub(crate) async fn on_order_settled(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    order_id: OrderId,
    settlement: Settlement,
) -> Result<bool, SettleChangeError> {
    let Some(subscription_id) = sqlx::query_scalar!(
        "select subscription_id from subscription_change where organization_id = $1 and order_id = $2",
        organization_id.as_uuid(),
        order_id.as_uuid(),
    )
    .fetch_optional(&mut *tx)
    .await?
    else {
        return Ok(false);
    };
    let row = row::lock(tx, organization_id.as_uuid(), None, subscription_id)
        .await?
        .ok_or_else(|| InconsistencyError::new("subscription_change", "order_id", order_id))?;
    let (Some(change), Some(order)) = (
        open_change(tx, organization_id, order_id).await?,
        order::lock(tx, organization_id, order_id).await?,
    ) else {
        return Ok(true);
    };
    match settlement {
        Settlement::Paid => paid(tx, cx, &row, &change, &order).await?,
        Settlement::Declined(code) => {
            order::mark_void(tx, cx, &order).await?;
            refuse(tx, cx, &row, &change, "refused", code.as_str()).await?;
        }
        Settlement::Abandoned => {
            order::mark_void(tx, cx, &order).await?;
            refuse(tx, cx, &row, &change, "expired", "payment_abandoned").await?;
        }
    }
    Ok(true)
}

async fn open_change(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    order_id: OrderId,
) -> Result<Option<OpenChange>, sqlx::Error> {
    sqlx::query_as!(
        OpenChange,
        "select c.subscription_change_id, c.subscription_id, c.kind, q.request, q.result
         from subscription_change c
         join quote q on q.organization_id = c.organization_id and q.quote_id = c.quote_id
         where c.organization_id = $1 and c.order_id = $2 and c.state = 'pending'
         for update of c",
        organization_id.as_uuid(),
        order_id.as_uuid(),
    )
    .fetch_optional(tx)
    .await
}

async fn paid(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    change: &OpenChange,
    order: &LockedOrder,
) -> Result<(), SettleChangeError> {
    let bad = |column| InconsistencyError::new("quote", column, change.subscription_change_id);
    let request: QuoteRequest =
        serde_json::from_value(change.request.clone()).map_err(|_| bad("request"))?;
    let quoted: Quoted =
        serde_json::from_value(change.result.clone()).map_err(|_| bad("result"))?;
    let has_ended = Subscription::try_from(row)?.is_ended();
    if has_ended && request != QuoteRequest::Resubscribe {
        order::mark_void(tx, cx, order).await?;
        let refund = NewRefund {
            organization_id: order.organization_id,
            order_id: order.order_id,
            amount: order.total,
            tax_minor: order.tax_minor,
            reason: RefundReason::OrderVoid,
            comment: None,
        };
        prepare_refund(tx, cx, refund).await?;
        return refuse(tx, cx, row, change, "refused", "subscription_ended").await;
    }
    let subscription_id = apply(tx, cx, row, &request, &quoted, Some(order.order_id)).await?;
    let order = LockedOrder { subscription_id: Some(subscription_id), ..order.clone() };
    order::mark_paid(tx, cx, &order).await?;
    let is_new = subscription_id.as_uuid() != row.subscription_id;
    close(tx, cx, row, change, "applied", None, is_new.then_some(subscription_id)).await
}

async fn refuse(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    change: &OpenChange,
    state: &str,
    code: &str,
) -> Result<(), SettleChangeError> {
    close(tx, cx, row, change, state, Some(code), None).await?;
    let facts = Subscription::try_from(row)?;
    let mut refused =
        snapshot::event(EventType::SubscriptionChangeRefused, row, &facts, Value::Null);
    refused.snapshot["change"] = json!({
        "subscription_change_id": change.subscription_change_id,
        "kind": change.kind,
        "code": code,
    });
    event::record(tx, cx, refused).await?;
    Ok(())
}

async fn close(
    tx: &mut PgConnection,
    cx: &Context,
    row: &SubscriptionRow,
    change: &OpenChange,
    state: &str,
    refusal: Option<&str>,
    new_subscription_id: Option<SubscriptionId>,
) -> Result<(), SettleChangeError> {
    debug_assert_eq!(row.subscription_id, change.subscription_id);
    let change_id: SubscriptionChangeId = change.subscription_change_id.into();
    sqlx::query!(
        "update subscription_change set state = $3, settled_at = $4, refusal = $5, new_subscription_id = $6
         where organization_id = $1 and subscription_change_id = $2",
        row.organization_id,
        change_id.as_uuid(),
        state,
        cx.now,
        refusal,
        new_subscription_id.map(SubscriptionId::as_uuid),
    )
    .execute(tx)
    .await?;
    Ok(())
}
