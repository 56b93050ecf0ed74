//! What was given back of an order.

use domain::id::{CustomerId, OrderId, RefundId};
use domain::money::{Currency, Money};
use domain::payment::RefundReason;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::actor::Actor;
use crate::error::{Forbidden, InconsistencyError, QueryError};

/// More refunds of one order are not told.
const REFUNDS_MAX: i64 = 100;

/// How a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundState {
    /// It was asked for; the money is not on its way yet.
    Pending,
    Succeeded,
    Failed,
}

impl RefundState {
    /// Reads the table's finer state.
    pub(super) fn of_column(text: &str) -> Option<Self> {
        match text {
            "prepared" | "unknown" | "for_a_person" => Some(Self::Pending),
            "succeeded" => Some(Self::Succeeded),
            "failed" => Some(Self::Failed),
            _ => None,
        }
    }
}

/// Money that goes back, or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRecord {
    pub refund_id: RefundId,
    pub state: RefundState,
    pub reason: RefundReason,
    /// The organization's own note; `None` for its customers.
    pub comment: Option<String>,
    pub amount: Money,
    /// The tax in it.
    pub tax: Money,
    pub created_at: OffsetDateTime,
    pub settled_at: Option<OffsetDateTime>,
}

/// The refunds of an order, the oldest first; none of an order that is not in the actor's reach.
///
/// # Errors
/// `Forbidden` for roles that may not read billing.
pub async fn refunds(
    db: &PgPool,
    actor: &Actor,
    order_id: OrderId,
) -> Result<Vec<RefundRecord>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.billing_reader(organization_id)?;
    let is_staff = actor.staff(organization_id).is_ok();
    let rows = sqlx::query!(
        "select r.refund_id, r.state, r.reason, r.comment, r.amount_minor, r.tax_minor, r.currency, r.created_at, r.settled_at
         from refund r
         join orders o on o.organization_id = r.organization_id and o.order_id = r.order_id
         where r.organization_id = $1 and r.order_id = $2 and ($3::uuid is null or o.customer_id = $3)
         order by r.created_at, r.refund_id
         limit $4",
        organization_id.as_uuid(),
        order_id.as_uuid(),
        actor.customer_id().map(CustomerId::as_uuid),
        REFUNDS_MAX,
    )
    .fetch_all(db)
    .await?;
    let mut refunds = Vec::with_capacity(rows.len());
    for row in rows {
        let bad = |column| InconsistencyError::new("refund", column, row.refund_id);
        let currency = Currency::parse(&row.currency).map_err(|_| bad("currency"))?;
        refunds.push(RefundRecord {
            refund_id: row.refund_id.into(),
            state: RefundState::of_column(&row.state).ok_or_else(|| bad("state"))?,
            reason: RefundReason::parse(&row.reason).ok_or_else(|| bad("reason"))?,
            comment: row.comment.filter(|_| is_staff),
            amount: Money::new(row.amount_minor, currency),
            tax: Money::new(row.tax_minor, currency),
            created_at: row.created_at,
            settled_at: row.settled_at,
        });
    }
    Ok(refunds)
}
