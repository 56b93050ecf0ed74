//! Giving an order's money back, in whole or in part, because the organization wants to.

use domain::field_errors::FieldErrors;
use domain::id::{OrderId, OrganizationId, RefundId};
use domain::metadata::Metadata;
use domain::money::{Money, round_half_away};
use domain::order::OrderStatus;
use domain::payment::RefundReason;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use super::{NewRefund, PrepareRefundError, prepare_refund};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError, QueryError};
use crate::event;
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

/// Money to give back, told as the API tells it.
#[derive(Debug, Clone)]
pub struct RefundNet {
    pub organization_id: OrganizationId,
    pub order_id: OrderId,
    /// Without tax; the tax in proportion goes back on top.
    pub net_minor: i64,
    pub reason: RefundReason,
    /// A note for the organization itself.
    pub comment: Option<String>,
    pub metadata: Metadata,
}

#[derive(Debug, Error)]
pub enum RefundOrderError {
    #[error("the refund has mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("there is no such order")]
    Unknown,
    #[error("only the organization itself gives money back")]
    Forbidden(#[from] Forbidden),
    #[error("the order is not paid")]
    NotPaid,
    #[error("all of the order was given back, or is about to be")]
    AllGivenBack,
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

/// How much is asked for.
#[derive(Debug, Clone, Copy)]
enum Asked {
    All,
    Gross { minor: i64 },
    Net { minor: i64 },
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
    let asked = input.amount_minor.map_or(Asked::All, |minor| Asked::Gross { minor });
    let refund = RefundNet {
        organization_id: input.organization_id,
        order_id: input.order_id,
        net_minor: 0,
        reason: input.reason,
        comment: input.comment,
        metadata: Metadata::default(),
    };
    carry_out(db, cx, refund, asked).await
}

/// The same for an amount without tax.
///
/// # Errors
/// As [`refund_order`].
pub async fn refund_net(
    db: &PgPool,
    cx: &mut Context,
    input: RefundNet,
) -> Result<RefundId, RefundOrderError> {
    let asked = Asked::Net { minor: input.net_minor };
    carry_out(db, cx, input, asked).await
}

async fn carry_out(
    db: &PgPool,
    cx: &mut Context,
    input: RefundNet,
    asked: Asked,
) -> Result<RefundId, RefundOrderError> {
    let organization_id = input.organization_id;
    cx.actor.staff(organization_id)?;
    let mut errors = FieldErrors::new();
    if matches!(asked, Asked::Gross { minor: ..=0 } | Asked::Net { minor: ..=0 }) {
        errors.push("amount_minor", "amount_too_small");
    }
    let comment =
        input::optional(&mut errors, "comment", input.comment.as_deref(), COMMENT_CHARS_MAX);
    let comment = errors.result(comment).map_err(RefundOrderError::Invalid)?;
    let mut tx = db.begin().await?;
    let order = order::lock(&mut tx, organization_id, input.order_id)
        .await?
        .ok_or(RefundOrderError::Unknown)?;
    let left = left_of_paid(&mut tx, &order).await?;
    let too_much =
        || RefundOrderError::TooMuch { left: Money::new(left.minor, order.total.currency) };
    let (amount_minor, tax_minor) = match asked {
        Asked::All => (left.minor, left.tax_minor),
        Asked::Gross { minor } => (minor, left.tax_in(&order, minor)),
        Asked::Net { minor } => left.with_tax(&order, minor).ok_or_else(too_much)?,
    };
    let amount = Money::new(amount_minor, order.total.currency);
    let refund = NewRefund {
        organization_id,
        order_id: order.order_id,
        amount,
        tax_minor,
        reason: input.reason,
        comment,
    };
    let refund_id = match prepare_refund(&mut tx, cx, refund).await {
        Ok(refund_id) => refund_id,
        Err(PrepareRefundError::TooMuch) => return Err(too_much()),
        Err(PrepareRefundError::Database(error)) => return Err(error.into()),
    };
    note(&mut tx, organization_id, refund_id, &input.metadata).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &refund_id).await?;
    Ok(refund_id)
}

async fn note(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    refund_id: RefundId,
    metadata: &Metadata,
) -> Result<(), sqlx::Error> {
    if metadata.as_map().is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "update refund set metadata = $3 where organization_id = $1 and refund_id = $2",
        organization_id.as_uuid(),
        refund_id.as_uuid(),
        Json(metadata) as _,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn left_of_paid(
    tx: &mut PgConnection,
    order: &LockedOrder,
) -> Result<Left, RefundOrderError> {
    match order.status {
        OrderStatus::Paid | OrderStatus::PartiallyRefunded => {}
        OrderStatus::Refunded => return Err(RefundOrderError::AllGivenBack),
        OrderStatus::Draft | OrderStatus::Pending | OrderStatus::Void => {
            return Err(RefundOrderError::NotPaid);
        }
    }
    let left = left(tx, order).await?;
    if left.minor == 0 { Err(RefundOrderError::AllGivenBack) } else { Ok(left) }
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

    /// An amount without tax, with its tax: the sum and the tax in it. `None` when that is more than is left.
    fn with_tax(&self, order: &LockedOrder, net_minor: i64) -> Option<(i64, i64)> {
        let left_net_minor = self.minor - self.tax_minor;
        if net_minor >= left_net_minor {
            return (net_minor == left_net_minor).then_some((self.minor, self.tax_minor));
        }
        let share = round_half_away(
            i128::from(order.tax_minor) * i128::from(net_minor),
            i128::from(order.total.minor - order.tax_minor),
        );
        let tax_minor = share.clamp(0, self.tax_minor);
        Some((net_minor + tax_minor, tax_minor))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Actor;
    use crate::payment::test_helpers::{Case, stands};
    use crate::payment::{RefundState, SandboxBehavior, refunds};

    fn input(case: &Case, amount_minor: Option<i64>) -> RefundOrder {
        RefundOrder {
            organization_id: case.organization_id,
            order_id: case.order_id,
            amount_minor,
            reason: RefundReason::CustomerRequest,
            comment: Some(" asked by phone ".into()),
        }
    }

    async fn refund(case: &Case, amount_minor: Option<i64>) -> Result<RefundId, RefundOrderError> {
        let refunded =
            refund_order(&case.db.pool, &mut case.db.cx(), input(case, amount_minor)).await;
        case.db.settled().await;
        refunded
    }

    /// A paid order of €29.00 with €4.63 tax in it.
    async fn paid() -> Case {
        let case = Case::new(SandboxBehavior::Approve).await;
        sqlx::query("update orders set tax_minor = 463, tax_behavior = 'inclusive'")
            .execute(&case.db.pool)
            .await
            .unwrap();
        case.work().await;
        case
    }

    #[tokio::test]
    async fn parts_bear_their_share_of_the_tax_and_the_last_one_the_rest() {
        let case = paid().await;
        refund(&case, Some(1_000)).await.unwrap();
        refund(&case, Some(1_000)).await.unwrap();
        // Both are under way: they count.
        match refund(&case, Some(901)).await {
            Err(RefundOrderError::TooMuch { left }) => assert_eq!(left.minor, 900),
            other => panic!("{other:?}"),
        }
        refund(&case, None).await.unwrap();
        assert!(matches!(refund(&case, None).await, Err(RefundOrderError::AllGivenBack)));
        let taxes = "select string_agg(tax_minor::text, ' ' order by amount_minor desc, refund_id) from refund";
        // 463 × 1000 / 2900 is 159.66.
        assert_eq!(case.text(taxes).await, "160 160 143");
        case.work().await;
        assert_eq!(case.standing().await, stands("succeeded", "refunded", "active"));
        assert_eq!(case.count("select refunded_tax_minor from orders").await, 463);
        assert!(matches!(refund(&case, Some(1)).await, Err(RefundOrderError::AllGivenBack)));
        assert_eq!(case.events("refund.created").await, 3);
        assert_eq!(case.events("order.refunded").await, 3);
    }

    #[tokio::test]
    async fn customers_see_what_came_back_and_not_the_note() {
        let case = paid().await;
        let refund_id = refund(&case, Some(500)).await.unwrap();
        let owner = Actor::from(case.owner.clone());
        let pending = refunds(&case.db.pool, &owner, case.order_id).await.unwrap();
        assert_eq!((pending[0].refund_id, pending[0].state), (refund_id, RefundState::Pending));
        case.work().await;
        let theirs = refunds(&case.db.pool, &owner, case.order_id).await.unwrap();
        assert_eq!((theirs[0].state, theirs[0].comment.as_deref()), (RefundState::Succeeded, None));
        assert_eq!((theirs[0].amount.minor, theirs[0].tax.minor), (500, 80));
        let staff = Actor::System { organization_id: Some(case.organization_id) };
        let ours = refunds(&case.db.pool, &staff, case.order_id).await.unwrap();
        assert_eq!(ours[0].comment.as_deref(), Some("asked by phone"));
    }

    #[tokio::test]
    async fn mistakes_and_strangers_are_refused() {
        let case = Case::new(SandboxBehavior::Approve).await;
        assert!(matches!(refund(&case, None).await, Err(RefundOrderError::NotPaid)));
        case.work().await;
        for amount_minor in [0, -1] {
            match refund(&case, Some(amount_minor)).await {
                Err(RefundOrderError::Invalid(errors)) => {
                    assert_eq!(errors.first("amount_minor"), Some("amount_too_small"));
                }
                other => panic!("{other:?}"),
            }
        }
        let long = RefundOrder { comment: Some("x".repeat(1_001)), ..input(&case, None) };
        let refused = refund_order(&case.db.pool, &mut case.db.cx(), long).await;
        assert!(matches!(refused, Err(RefundOrderError::Invalid(_))));
        let mut cx = case.db.cx_of(case.owner.clone());
        let refused = refund_order(&case.db.pool, &mut cx, input(&case, None)).await;
        assert!(matches!(refused, Err(RefundOrderError::Forbidden(_))));
        let unknown = RefundOrder { order_id: uuid::Uuid::nil().into(), ..input(&case, None) };
        let refused = refund_order(&case.db.pool, &mut case.db.cx(), unknown).await;
        assert!(matches!(refused, Err(RefundOrderError::Unknown)));
        case.db.settled().await;
        assert_eq!(case.count("select count(*) from refund").await, 0);
    }

    #[tokio::test]
    async fn of_two_at_once_no_more_goes_back_than_came() {
        let case = paid().await;
        let both = futures::future::join(refund(&case, Some(2_000)), refund(&case, Some(2_000)));
        let (one, other) = both.await;
        assert!(one.is_ok() != other.is_ok());
        case.work().await;
        let given = "select sum(amount_minor)::bigint from sandbox.refund";
        assert_eq!(case.count(given).await, 2_000);
    }
}
