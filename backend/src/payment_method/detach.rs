//! Letting a processor forget a method that was removed.

use domain::id::OrganizationId;
use sqlx::PgPool;
use time::Duration;

use crate::context::Context;
use crate::error::DatabaseError;
use crate::payment::PaymentProcessor;

/// A processor that does not answer is asked again then; a process that died is succeeded then.
const AGAIN: Duration = Duration::hours(1);

/// Forgets one method that is due; false when there is none. A method with an open charge waits for it.
pub(super) async fn run_one(
    db: &PgPool,
    processor: &dyn PaymentProcessor,
    cx: &Context,
) -> Result<bool, DatabaseError> {
    // `for update` passes over a row that an uncommitted charge refers to.
    let due = sqlx::query!(
        "with due as (
            select m.organization_id, m.payment_method_id from payment_method m
            where m.detach_due_at <= $1 and m.processor = $2 and ($3::uuid is null or m.organization_id = $3)
              and not exists (select from payment_attempt a where a.organization_id = m.organization_id
                and a.payment_method_id = m.payment_method_id and a.settled_at is null)
            order by m.detach_due_at
            limit 1
            for update skip locked)
         update payment_method m set detach_due_at = $4
         from due
         where m.organization_id = due.organization_id and m.payment_method_id = due.payment_method_id
         returning m.organization_id, m.payment_method_id, m.processor_method_id",
        cx.now,
        processor.name(),
        cx.actor.organization_id().map(OrganizationId::as_uuid),
        cx.now + AGAIN,
    )
    .fetch_optional(db)
    .await?;
    let Some(due) = due else { return Ok(false) };
    match processor.detach(&due.processor_method_id, cx.now).await {
        Ok(()) => {
            sqlx::query!(
                "update payment_method set detach_due_at = null
                 where organization_id = $1 and payment_method_id = $2 and deleted_at is not null",
                due.organization_id,
                due.payment_method_id,
            )
            .execute(db)
            .await?;
        }
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(payment_method_id = %due.payment_method_id, error, "a removed method is not forgotten yet");
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use crate::payment::SandboxBehavior;
    use crate::payment_method::test_helpers::Case;
    use crate::payment_method::{remove, run_due};
    use time::Duration;

    #[tokio::test]
    async fn a_processor_that_is_away_forgets_it_later() {
        let case = Case::new(SandboxBehavior::Approve).await;
        case.work().await;
        let card = case.card("1111").await;
        remove(&case.db.pool, &mut case.cx(), card).await.unwrap();
        let away = case.away().await;
        assert_eq!(run_due(&case.db.pool, &away, &mut case.db.cx(), 10).await.unwrap(), 1);
        assert_eq!(case.work().await, 0);
        assert_eq!(case.after(Duration::hours(1)).await, 1);
        let forgotten =
            "select string_agg(last4, ' ') from sandbox.method where detached_at is not null";
        assert_eq!(case.texts(forgotten).await, "1111");
        assert_eq!(case.after(Duration::days(2)).await, 0);
    }
}
