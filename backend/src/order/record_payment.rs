//! Noting that the money for an order arrived outside Foyer, by bank transfer for example.

use domain::event_type::EventType;
use domain::id::{OrderId, OrganizationId};
use domain::order::OrderStatus;
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError};
use crate::event::{self, NewEvent};

#[derive(Debug, Error)]
pub enum RecordPaymentError {
    #[error("there is no such order")]
    Unknown,
    #[error("the order is paid already")]
    AlreadyPaid,
    #[error("the order is not open")]
    NotOpen,
    #[error("only the organization itself may note a payment")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the payment could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for RecordPaymentError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Marks a pending order as paid now. Until a payment engine exists this is the only way an order above 0 gets paid.
pub async fn record_payment(db: &PgPool, cx: &mut Context, organization_id: OrganizationId, order_id: OrderId) -> Result<(), RecordPaymentError> {
    cx.actor.staff(organization_id)?;
    let mut tx = db.begin().await?;
    let order = sqlx::query!(
        "select o.status, o.customer_id, o.subscription_id, o.billing_reason, o.currency, o.total_minor, p.name as product_name
         from orders o
         join product p on p.organization_id = o.organization_id and p.product_id = o.product_id
         where o.organization_id = $1 and o.order_id = $2
         for update of o",
        organization_id.as_uuid(),
        order_id.as_uuid(),
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(RecordPaymentError::Unknown)?;
    match OrderStatus::parse(&order.status) {
        Some(OrderStatus::Pending) => {}
        Some(status) if status.is_paid() => return Err(RecordPaymentError::AlreadyPaid),
        Some(_) => return Err(RecordPaymentError::NotOpen),
        None => return Err(InconsistencyError::new("orders", "status", order_id).into()),
    }
    sqlx::query!(
        "update orders set status = 'paid', paid_at = $3, modified_at = $3 where organization_id = $1 and order_id = $2",
        organization_id.as_uuid(),
        order_id.as_uuid(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let paid = NewEvent {
        organization_id,
        event_type: EventType::OrderPaid,
        subject_kind: "order",
        subject_id: order_id.into(),
        customer_id: Some(order.customer_id.into()),
        snapshot: json!({
            "status": OrderStatus::Paid,
            "billing_reason": order.billing_reason,
            "currency": order.currency,
            "total_minor": order.total_minor,
            "product_name": order.product_name,
            "subscription_id": order.subscription_id,
            "previous": { "status": OrderStatus::Pending },
        }),
    };
    event::record(&mut tx, cx, paid).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}
