//! Taking attempts to work on, so that no other worker takes the same ones.

use domain::id::{CustomerId, OrderId, OrganizationId, PaymentAttemptId, PaymentMethodId};
use domain::money::{Currency, Money};
use domain::payment::{PaymentAttemptState, PaymentTrigger};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::prepare::LEASE;
use super::processor::ProcessorMethod;
use crate::context::Context;
use crate::error::{InconsistencyError, QueryError};

/// An attempt that this process works on until its lease ends. A claim holds no lock.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub organization_id: OrganizationId,
    pub payment_attempt_id: PaymentAttemptId,
    pub order_id: OrderId,
    pub customer_id: CustomerId,
    pub trigger: PaymentTrigger,
    pub state: PaymentAttemptState,
    pub amount: Money,
    pub processor: String,
    pub payment_method_id: Option<PaymentMethodId>,
    /// What is charged; `None` when there is nothing to charge.
    pub method: Option<ProcessorMethod>,
    pub is_on_session: bool,
    pub processor_payment_id: Option<String>,
    /// The customer had something to do. From then on it is only read: its outcome is the customer's doing.
    pub waited_for_customer: bool,
    /// This try included.
    pub tries: i32,
    /// When the processor was first asked; `None` when it never was before this claim.
    pub sent_at: Option<OffsetDateTime>,
    /// Its order still waits for the money.
    pub is_wanted: bool,
}

struct Row {
    organization_id: Uuid,
    payment_attempt_id: Uuid,
    order_id: Uuid,
    customer_id: Uuid,
    trigger: String,
    state: String,
    amount_minor: i64,
    currency: String,
    processor: String,
    payment_method_id: Option<Uuid>,
    processor_customer_id: Option<String>,
    processor_method_id: Option<String>,
    is_on_session: bool,
    processor_payment_id: Option<String>,
    waited_for_customer: bool,
    tries: i32,
    sent_at: Option<OffsetDateTime>,
    is_wanted: bool,
}

impl TryFrom<Row> for Attempt {
    type Error = InconsistencyError;

    fn try_from(row: Row) -> Result<Self, InconsistencyError> {
        let bad =
            |column| InconsistencyError::new("payment_attempt", column, row.payment_attempt_id);
        Ok(Self {
            organization_id: row.organization_id.into(),
            payment_attempt_id: row.payment_attempt_id.into(),
            order_id: row.order_id.into(),
            customer_id: row.customer_id.into(),
            trigger: PaymentTrigger::parse(&row.trigger).ok_or_else(|| bad("trigger"))?,
            state: PaymentAttemptState::parse(&row.state).ok_or_else(|| bad("state"))?,
            amount: Money::new(
                row.amount_minor,
                Currency::parse(&row.currency).map_err(|_| bad("currency"))?,
            ),
            processor: row.processor,
            payment_method_id: row.payment_method_id.map(Into::into),
            method: row.processor_customer_id.zip(row.processor_method_id).map(
                |(processor_customer_id, processor_method_id)| ProcessorMethod {
                    processor_customer_id,
                    processor_method_id,
                },
            ),
            is_on_session: row.is_on_session,
            processor_payment_id: row.processor_payment_id,
            waited_for_customer: row.waited_for_customer,
            tries: row.tries,
            sent_at: row.sent_at,
            is_wanted: row.is_wanted,
        })
    }
}

/// Claims up to `limit` attempts that are due with this processor, the longest waiting first. A row that breaks a rule is logged,
/// and comes due again when its lease ends.
pub(super) async fn due(
    db: &PgPool,
    cx: &Context,
    processor: &str,
    limit: i64,
) -> Result<Vec<Attempt>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"with due as (
            select organization_id, payment_attempt_id, payment_method_id, sent_at from payment_attempt
            where due_at <= $1 and processor = $2 and ($3::uuid is null or organization_id = $3)
            order by due_at
            limit $4
            for update skip locked)
         update payment_attempt a set due_at = $5, tries = a.tries + 1, sent_at = coalesce(a.sent_at, $1)
         from due
         left join payment_method m on m.organization_id = due.organization_id and m.payment_method_id = due.payment_method_id
         where a.organization_id = due.organization_id and a.payment_attempt_id = due.payment_attempt_id
         returning a.organization_id, a.payment_attempt_id, a.order_id, a.customer_id, a.trigger, a.state, a.amount_minor, a.currency,
            a.processor, a.payment_method_id, m.processor_customer_id as "processor_customer_id?", m.processor_method_id as "processor_method_id?",
            a.is_on_session, a.processor_payment_id,
            (a.action_url is not null) as "waited_for_customer!", a.tries, due.sent_at,
            exists (select from orders o where o.organization_id = a.organization_id and o.order_id = a.order_id
                and o.status in ('draft', 'pending')) as "is_wanted!""#,
        cx.now,
        processor,
        cx.actor.organization_id().map(OrganizationId::as_uuid),
        limit,
        cx.now + LEASE,
    )
    .fetch_all(db)
    .await?;
    let mut attempts = Vec::with_capacity(rows.len());
    for row in rows {
        match Attempt::try_from(row) {
            Ok(attempt) => attempts.push(attempt),
            Err(error) => {
                tracing::error!(%error, "a charge cannot be made");
            }
        }
    }
    Ok(attempts)
}

/// Claims this one attempt, if it is due, was never worked on, or waits for the customer. `None` when it is settled, or somebody
/// else works on it.
pub(super) async fn one(
    db: &PgPool,
    cx: &Context,
    organization_id: OrganizationId,
    payment_attempt_id: PaymentAttemptId,
) -> Result<Option<Attempt>, QueryError> {
    let row = sqlx::query_as!(
        Row,
        r#"with wanted as (
            select organization_id, payment_attempt_id, payment_method_id, sent_at from payment_attempt
            where organization_id = $1 and payment_attempt_id = $2
              and (due_at <= $3 or (due_at is not null and (tries = 0 or state = 'requires_action')))
            for update)
         update payment_attempt a set due_at = $4, tries = a.tries + 1, sent_at = coalesce(a.sent_at, $3)
         from wanted
         left join payment_method m on m.organization_id = wanted.organization_id and m.payment_method_id = wanted.payment_method_id
         where a.organization_id = wanted.organization_id and a.payment_attempt_id = wanted.payment_attempt_id
         returning a.organization_id, a.payment_attempt_id, a.order_id, a.customer_id, a.trigger, a.state, a.amount_minor, a.currency,
            a.processor, a.payment_method_id, m.processor_customer_id as "processor_customer_id?", m.processor_method_id as "processor_method_id?",
            a.is_on_session, a.processor_payment_id,
            (a.action_url is not null) as "waited_for_customer!", a.tries, wanted.sent_at,
            exists (select from orders o where o.organization_id = a.organization_id and o.order_id = a.order_id
                and o.status in ('draft', 'pending')) as "is_wanted!""#,
        organization_id.as_uuid(),
        payment_attempt_id.as_uuid(),
        cx.now,
        cx.now + LEASE,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Attempt::try_from).transpose()?)
}
