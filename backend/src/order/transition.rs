//! An order's way on: paid, or void. Inside the transaction of whatever caused it.

use domain::event_type::EventType;
use domain::id::{CustomerId, OrderId, OrganizationId, SubscriptionId};
use domain::money::{Currency, Money};
use domain::order::OrderStatus;
use serde_json::{Value, json};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::error::{DatabaseError, InconsistencyError, QueryError};
use crate::event::{self, NewEvent};

/// An order whose row this transaction holds.
#[derive(Debug, Clone)]
pub(crate) struct LockedOrder {
    pub organization_id: OrganizationId,
    pub order_id: OrderId,
    pub customer_id: CustomerId,
    pub subscription_id: Option<SubscriptionId>,
    pub status: OrderStatus,
    pub billing_reason: String,
    pub product_name: String,
    pub total: Money,
    pub tax_minor: i64,
    pub refunded_minor: i64,
    pub next_payment_attempt_at: Option<OffsetDateTime>,
    pub created_at: OffsetDateTime,
}

/// Reads and locks one order. Whoever also locks its subscription locks that first.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    order_id: OrderId,
) -> Result<Option<LockedOrder>, QueryError> {
    let row = sqlx::query!(
        "select o.status, o.customer_id, o.subscription_id, o.billing_reason, o.currency, o.total_minor, o.tax_minor, o.refunded_minor,
            o.next_payment_attempt_at, o.created_at, p.name as product_name
         from orders o
         join product p on p.organization_id = o.organization_id and p.product_id = o.product_id
         where o.organization_id = $1 and o.order_id = $2
         for no key update of o",
        organization_id.as_uuid(),
        order_id.as_uuid(),
    )
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let bad = |column| InconsistencyError::new("orders", column, order_id);
    let currency = Currency::parse(&row.currency).map_err(|_| bad("currency"))?;
    Ok(Some(LockedOrder {
        organization_id,
        order_id,
        customer_id: row.customer_id.into(),
        subscription_id: row.subscription_id.map(SubscriptionId::from),
        status: OrderStatus::parse(&row.status).ok_or_else(|| bad("status"))?,
        billing_reason: row.billing_reason,
        product_name: row.product_name,
        total: Money::new(row.total_minor, currency),
        tax_minor: row.tax_minor,
        refunded_minor: row.refunded_minor,
        next_payment_attempt_at: row.next_payment_attempt_at,
        created_at: row.created_at,
    }))
}

impl LockedOrder {
    /// The event of what happened to it; `previous` are the values from before.
    pub(crate) fn event(
        &self,
        event_type: EventType,
        status: OrderStatus,
        previous: &Value,
    ) -> NewEvent {
        NewEvent {
            organization_id: self.organization_id,
            event_type,
            subject_kind: "order",
            subject_id: self.order_id.into(),
            customer_id: Some(self.customer_id),
            snapshot: json!({
                "status": status,
                "billing_reason": self.billing_reason,
                "currency": self.total.currency,
                "total_minor": self.total.minor,
                "product_name": self.product_name,
                "subscription_id": self.subscription_id,
                "previous": previous,
            }),
        }
    }
}

/// The money arrived. A draft is announced only now.
pub(crate) async fn mark_paid(
    tx: &mut PgConnection,
    cx: &mut Context,
    order: &LockedOrder,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update orders
         set status = 'paid', paid_at = $3, modified_at = $3, next_payment_attempt_at = null,
            issue_due_at = case when status = 'draft' then $3 else issue_due_at end
         where organization_id = $1 and order_id = $2",
        order.organization_id.as_uuid(),
        order.order_id.as_uuid(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if order.status == OrderStatus::Draft {
        let created = order.event(EventType::OrderCreated, OrderStatus::Pending, &Value::Null);
        event::record(tx, cx, created).await?;
    }
    let previous = json!({ "status": OrderStatus::Pending });
    event::record(tx, cx, order.event(EventType::OrderPaid, OrderStatus::Paid, &previous)).await?;
    Ok(())
}

/// It is not to be paid any more. A draft goes without a word.
pub(crate) async fn mark_void(
    tx: &mut PgConnection,
    cx: &mut Context,
    order: &LockedOrder,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update orders
         set status = 'void', modified_at = $3, next_payment_attempt_at = null,
            issue_due_at = case when status = 'draft' then null else issue_due_at end
         where organization_id = $1 and order_id = $2",
        order.organization_id.as_uuid(),
        order.order_id.as_uuid(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if order.status != OrderStatus::Draft {
        let previous = json!({ "status": order.status });
        event::record(tx, cx, order.event(EventType::OrderVoided, OrderStatus::Void, &previous))
            .await?;
    }
    Ok(())
}
