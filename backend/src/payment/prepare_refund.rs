//! Writing down that money is to go back.

use domain::event_type::EventType;
use domain::id::{OrderId, OrganizationId, RefundId};
use domain::money::Money;
use domain::payment::RefundReason;
use serde_json::json;
use sqlx::PgConnection;
use thiserror::Error;

use crate::context::Context;
use crate::error::DatabaseError;
use crate::event::{self, NewEvent};

/// Money to go back.
#[derive(Debug, Clone)]
pub(crate) struct NewRefund {
    pub organization_id: OrganizationId,
    pub order_id: OrderId,
    /// More than 0, tax included.
    pub amount: Money,
    /// The tax in it.
    pub tax_minor: i64,
    pub reason: RefundReason,
    /// A note for the organization itself.
    pub comment: Option<String>,
}

#[derive(Debug, Error)]
pub enum PrepareRefundError {
    #[error("more would go back than was paid and not given back yet")]
    TooMuch,
    #[error("the refund could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for PrepareRefundError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Writes the refund in the caller's transaction, which locks the order; the worker carries it out. What was paid outside the
/// processor (by bank transfer) goes to a person.
pub(crate) async fn prepare_refund(
    tx: &mut PgConnection,
    cx: &mut Context,
    refund: NewRefund,
) -> Result<RefundId, PrepareRefundError> {
    let order = sqlx::query!(
        r#"select o.customer_id, o.total_minor - coalesce((select sum(r.amount_minor) from refund r
                where r.organization_id = o.organization_id and r.order_id = o.order_id and r.state <> 'failed'), 0)::bigint as "left_minor!"
         from orders o
         where o.organization_id = $1 and o.order_id = $2
         for no key update of o"#,
        refund.organization_id.as_uuid(),
        refund.order_id.as_uuid(),
    )
    .fetch_one(&mut *tx)
    .await?;
    if refund.amount.minor > order.left_minor {
        return Err(PrepareRefundError::TooMuch);
    }
    let refund_id: RefundId = cx.new_id();
    sqlx::query!(
        "insert into refund
            (organization_id, refund_id, order_id, payment_attempt_id, state, reason, amount_minor, tax_minor, currency, due_at, created_at, comment)
         select $1, $2, $3, paid.payment_attempt_id, case when paid.payment_attempt_id is null then 'for_a_person' else 'prepared' end, $4, $5,
            $6, $7, case when paid.payment_attempt_id is not null then $8::timestamptz end, $8, $9
         from (values (0)) as one
         left join payment_attempt paid on paid.organization_id = $1 and paid.order_id = $3 and paid.state = 'succeeded'",
        refund.organization_id.as_uuid(),
        refund_id.as_uuid(),
        refund.order_id.as_uuid(),
        refund.reason.as_str(),
        refund.amount.minor,
        refund.tax_minor,
        refund.amount.currency.as_str(),
        cx.now,
        refund.comment,
    )
    .execute(&mut *tx)
    .await?;
    let asked_for = NewEvent {
        organization_id: refund.organization_id,
        event_type: EventType::RefundCreated,
        subject_kind: "order",
        subject_id: refund.order_id.into(),
        customer_id: Some(order.customer_id.into()),
        snapshot: json!({
            "refund_id": refund_id,
            "reason": refund.reason,
            "amount_minor": refund.amount.minor,
            "currency": refund.amount.currency,
        }),
    };
    event::record(tx, cx, asked_for).await?;
    Ok(refund_id)
}
