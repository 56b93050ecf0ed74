//! Issuing the invoices that are due.

use domain::id::OrganizationId;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::issue::{IssueError, OrderToIssue, issue};
use crate::context::Context;
use crate::event;

/// Orders that cannot be invoiced are left for a person; after so many in one run something else is wrong.
const FAILURES_MAX: usize = 10;

/// Looks at at most `limit` orders whose invoice is due at the context's time, oldest first, and returns how many; fewer than
/// `limit` means that nothing is left, or that other workers hold the rest.
///
/// Each order is one short transaction. One without an amount needs no invoice; one whose seller or buyer is not fully known
/// waits until the details come. Any number of workers may run at once: a claimed order is skipped by the others, and the
/// customer's series gives out its numbers one by one. A row that breaks a rule is logged and passed over.
pub async fn issue_due(db: &PgPool, cx: &mut Context, limit: usize) -> Result<usize, IssueError> {
    let mut passed_over: Vec<Uuid> = Vec::new();
    let mut done = 0;
    while done < limit {
        match step(db, cx, &passed_over).await? {
            Step::NothingDue => break,
            Step::Done => done += 1,
            Step::Failed(order_id, error) => {
                tracing::error!(%order_id, error = &error as &dyn std::error::Error, "an order could not be invoiced");
                passed_over.push(order_id);
                if passed_over.len() >= FAILURES_MAX {
                    return Err(error);
                }
            }
        }
    }
    if done > 0 {
        let mut connection = db.acquire().await?;
        event::notify(&mut connection).await?;
    }
    Ok(done)
}

enum Step {
    NothingDue,
    Done,
    Failed(Uuid, IssueError),
}

async fn step(db: &PgPool, cx: &mut Context, passed_over: &[Uuid]) -> Result<Step, IssueError> {
    let mut tx = db.begin().await?;
    let Some(order) = claim(&mut tx, cx, passed_over).await? else {
        return Ok(Step::NothingDue);
    };
    if let Err(error) = issue(&mut tx, cx, &order).await {
        return Ok(Step::Failed(order.order_id, error));
    }
    tx.commit().await?;
    Ok(Step::Done)
}

async fn claim(
    tx: &mut PgConnection,
    cx: &Context,
    passed_over: &[Uuid],
) -> Result<Option<OrderToIssue>, sqlx::Error> {
    sqlx::query_as!(
        OrderToIssue,
        "select organization_id, order_id, customer_id, status, currency, subtotal_minor, discount_minor, tax_minor, tax_behavior,
            total_minor, created_at
         from orders
         where issue_due_at <= $1 and order_id <> all ($2) and ($3::uuid is null or organization_id = $3)
         order by issue_due_at
         limit 1
         for no key update skip locked",
        cx.now,
        passed_over,
        cx.actor.organization_id().map(OrganizationId::as_uuid),
    )
    .fetch_optional(tx)
    .await
}

#[cfg(test)]
mod tests;
