//! Giving an order's money back, in whole or in part, because the organization wants to.

use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{OrderId, OrganizationId, RefundId};
use domain::money::{Money, round_half_away};
use domain::order::OrderStatus;
use domain::payment::RefundReason;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use super::{NewRefund, PrepareRefundError, prepare_refund};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError, QueryError};
use crate::event::{self, NewEvent};
use crate::input;
use crate::order::{self, LockedOrder};

const COMMENT_CHARS_MAX: usize = 1_000;

/// Money to give back.
#[derive(Debug, Clone)]
pub struct RefundOrder {
    pub organization_id: OrganizationId,
    pub order_id: OrderId,
    /// Tax included; `None`: all that is left.
    pub amount_minor: Option<i64>,
    pub reason: RefundReason,
    /// A note for the organization itself.
    pub comment: Option<String>,
}

#[derive(Debug, Error)]
pub enum RefundOrderError {
    #[error("the refund has mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("there is no such order")]
    Unknown,
    #[error("only the organization itself gives money back")]
    Forbidden(#[from] Forbidden),
    #[error("the order is not paid, or all of it was given back")]
    NotRefundable,
    #[error("more would go back than is left of the order")]
    TooMuch { left: Money },
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the refund could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for RefundOrderError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<QueryError> for RefundOrderError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Database(error) => error.into(),
            QueryError::Inconsistency(error) => error.into(),
            QueryError::Forbidden(error) => error.into(),
        }
    }
}

/// Writes a refund down; the worker carries it out, and then the order shows it. What was paid outside a processor waits for a person.
///
/// # Errors
/// `Invalid`: on `amount_minor` `amount_too_small`, on `comment` `too_long`; `TooMuch` says what is left, refunds under way counted.
pub async fn refund_order(
    db: &PgPool,
    cx: &mut Context,
    input: RefundOrder,
) -> Result<RefundId, RefundOrderError> {
    let organization_id = input.organization_id;
    cx.actor.staff(organization_id)?;
    let mut errors = FieldErrors::new();
    if input.amount_minor.is_some_and(|amount_minor| amount_minor <= 0) {
        errors.push("amount_minor", "amount_too_small");
    }
    let comment =
        input::optional(&mut errors, "comment", input.comment.as_deref(), COMMENT_CHARS_MAX);
    let comment = errors.result(comment).map_err(RefundOrderError::Invalid)?;
    let mut tx = db.begin().await?;
    let order = order::lock(&mut tx, organization_id, input.order_id)
        .await?
        .ok_or(RefundOrderError::Unknown)?;
    if !matches!(order.status, OrderStatus::Paid | OrderStatus::PartiallyRefunded) {
        return Err(RefundOrderError::NotRefundable);
    }
    let left = left(&mut tx, &order).await?;
    let amount_minor = input.amount_minor.unwrap_or(left.minor);
    if left.minor == 0 {
        return Err(RefundOrderError::NotRefundable);
    }
    let refund = NewRefund {
        organization_id,
        order_id: order.order_id,
        amount: Money::new(amount_minor, order.total.currency),
        tax_minor: left.tax_in(&order, amount_minor),
        reason: input.reason,
        comment,
    };
    let event_amount = refund.amount;
    let refund_id = match prepare_refund(&mut tx, cx, refund).await {
        Ok(refund_id) => refund_id,
        Err(PrepareRefundError::TooMuch) => {
            let left = Money::new(left.minor, order.total.currency);
            return Err(RefundOrderError::TooMuch { left });
        }
        Err(PrepareRefundError::Database(error)) => return Err(error.into()),
    };
    let asked_for = NewEvent {
        organization_id,
        event_type: EventType::RefundCreated,
        subject_kind: "order",
        subject_id: order.order_id.into(),
        customer_id: Some(order.customer_id),
        snapshot: json!({
            "refund_id": refund_id,
            "reason": input.reason,
            "amount_minor": event_amount.minor,
            "currency": event_amount.currency,
        }),
    };
    event::record(&mut tx, cx, asked_for).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(refund_id)
}

/// What was paid and neither given back nor is about to be.
struct Left {
    minor: i64,
    tax_minor: i64,
}

impl Left {
    /// The tax in a part of the order, in proportion; whoever takes all that is left takes the tax that is left.
    fn tax_in(&self, order: &LockedOrder, amount_minor: i64) -> i64 {
        if amount_minor >= self.minor {
            return self.tax_minor;
        }
        let share = round_half_away(
            i128::from(order.tax_minor) * i128::from(amount_minor),
            i128::from(order.total.minor),
        );
        share.clamp(0, self.tax_minor.min(amount_minor))
    }
}

async fn left(tx: &mut PgConnection, order: &LockedOrder) -> Result<Left, sqlx::Error> {
    let taken = sqlx::query!(
        r#"select coalesce(sum(amount_minor), 0)::bigint as "minor!", coalesce(sum(tax_minor), 0)::bigint as "tax_minor!"
         from refund where organization_id = $1 and order_id = $2 and state <> 'failed'"#,
        order.organization_id.as_uuid(),
        order.order_id.as_uuid(),
    )
    .fetch_one(tx)
    .await?;
    Ok(Left {
        minor: (order.total.minor - taken.minor).max(0),
        tax_minor: (order.tax_minor - taken.tax_minor).max(0),
    })
}
