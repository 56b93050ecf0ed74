//! Telling a customer that a card is about to end.

use domain::event_type::EventType;
use domain::id::OrganizationId;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::RefreshError;
use super::forget::charged_with;
use super::refresh;
use super::row::lock_method;
use crate::context::Context;
use crate::error::DatabaseError;
use crate::event;
use crate::payment::PaymentProcessor;

/// A processor that does not answer is asked again then; a process that died is succeeded then.
const AGAIN: Duration = Duration::hours(1);

/// A method of which a notice is due.
struct Due {
    organization_id: uuid::Uuid,
    payment_method_id: uuid::Uuid,
    processor_method_id: String,
    is_charged: bool,
}

/// Works on one method whose notice is due; false when there is none. The processor is asked first: a renewed card needs no notice.
pub(super) async fn run_one(
    db: &PgPool,
    processor: &dyn PaymentProcessor,
    cx: &mut Context,
) -> Result<bool, RefreshError> {
    let Some(due) = claim(db, cx, processor.name()).await? else { return Ok(false) };
    let id = (due.organization_id, due.payment_method_id);
    if due.is_charged {
        match processor.read_method(&due.processor_method_id).await {
            Ok(reading) => refresh::apply(db, cx, id, reading.as_ref()).await?,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(payment_method_id = %due.payment_method_id, error, "a card that ends cannot be read now");
                return Ok(true);
            }
        }
    }
    tell(db, cx, id).await?;
    Ok(true)
}

async fn claim(db: &PgPool, cx: &Context, processor: &str) -> Result<Option<Due>, DatabaseError> {
    let due = sqlx::query_as!(
        Due,
        r#"with due as (
            select organization_id, payment_method_id, customer_id from payment_method
            where expiry_notice_due_at <= $1 and processor = $2 and ($3::uuid is null or organization_id = $3)
            order by expiry_notice_due_at
            limit 1
            for no key update skip locked)
         update payment_method m set expiry_notice_due_at = $4
         from due
         where m.organization_id = due.organization_id and m.payment_method_id = due.payment_method_id
         returning m.organization_id, m.payment_method_id, m.processor_method_id,
            exists (select from charged_subscription s where s.organization_id = m.organization_id and s.customer_id = m.customer_id
                and s.payment_method_id = m.payment_method_id) as "is_charged!""#,
        cx.now,
        processor,
        cx.actor.organization_id().map(OrganizationId::as_uuid),
        cx.now + AGAIN,
    )
    .fetch_optional(db)
    .await?;
    Ok(due)
}

/// Tells of the card as it is now, if it ends soon and something will be charged with it, and plans the next notice.
async fn tell(
    db: &PgPool,
    cx: &mut Context,
    (organization_id, payment_method_id): (uuid::Uuid, uuid::Uuid),
) -> Result<(), RefreshError> {
    let mut tx = db.begin().await?;
    let found =
        lock_method(&mut tx, organization_id.into(), None, payment_method_id.into()).await?;
    let Some((_, method)) = found else { return Ok(()) };
    let expiry = method.details().expiry;
    let next_at = expiry.and_then(|expiry| expiry.next_notice_at(cx.now));
    sqlx::query!(
        "update payment_method set expiry_notice_due_at = $3 where organization_id = $1 and payment_method_id = $2",
        organization_id,
        payment_method_id,
        next_at,
    )
    .execute(&mut *tx)
    .await?;
    let charged = charged_with(&mut tx, &method).await?;
    let days_left = expiry
        .and_then(|expiry| expiry.days_left(cx.now))
        .filter(|days| *days <= domain::payment_method::EXPIRY_NOTICE_DAYS[0]);
    if let Some(days_left) = days_left.filter(|_| !charged.is_empty()) {
        let subscriptions: Vec<_> = charged
            .iter()
            .map(|one| json!({ "subscription_id": one.subscription_id, "product_name": one.product_name }))
            .collect();
        let facts = json!({ "days_left": days_left, "subscriptions": subscriptions });
        event::record(&mut tx, cx, method.event(EventType::PaymentMethodExpiring, facts)).await?;
    }
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::payment::SandboxBehavior;
    use crate::payment_method::test_helpers::Case;
    use crate::payment_method::{next_due_at, run_due};
    use time::Duration;
    use time::macros::datetime;

    /// It is 1 May 2026, 09:00; the card is good through June.
    async fn ends_soon() -> Case {
        let case = Case::new(SandboxBehavior::Approve).await;
        case.work().await;
        case.execute("update sandbox.method set exp_year = 2026, exp_month = 6").await;
        case.execute(
            "update payment_method set exp_year = 2026, exp_month = 6, expiry_notice_due_at = '2026-06-01 00:00Z'",
        )
        .await;
        // No renewal comes in between.
        case.execute("update subscription set due_at = null").await;
        case
    }

    const TOLD: &str = "select string_agg(snapshot ->> 'days_left', ' ' order by sequence) from event where type = 'payment_method.expiring'";

    #[tokio::test]
    async fn four_notices_and_then_silence() {
        let case = ends_soon().await;
        let next = async || next_due_at(&case.db.pool, Some(case.organization_id)).await.unwrap();
        assert_eq!(next().await, Some(datetime!(2026-06-01 00:00 UTC)));
        while let Some(at) = next().await {
            assert_eq!(case.after(at - case.db.now() - Duration::SECOND).await, 0);
            assert_eq!(case.after(Duration::SECOND).await, 1);
        }
        assert_eq!(case.texts(TOLD).await, "30 15 7 3");
        let names = "select distinct snapshot #>> '{subscriptions,0,product_name}' from event where type = 'payment_method.expiring'";
        assert_eq!(case.texts(names).await, "Pro");
    }

    #[tokio::test]
    async fn a_worker_that_was_away_tells_once_and_never_of_what_has_ended() {
        let case = ends_soon().await;
        case.after(Duration::days(50)).await;
        assert_eq!(case.texts(TOLD).await, "11");
        case.after(Duration::days(30)).await;
        assert_eq!(case.texts(TOLD).await, "11");
        assert_eq!(next_due_at(&case.db.pool, None).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_renewed_card_is_updated_instead_and_a_card_in_no_use_is_not_told_of() {
        let case = ends_soon().await;
        case.execute("update sandbox.method set exp_year = 2030").await;
        assert_eq!(case.after(Duration::days(31)).await, 1);
        assert_eq!(
            (case.texts(TOLD).await.as_str(), case.events("payment_method.updated").await),
            ("", 1)
        );
        let next = next_due_at(&case.db.pool, None).await.unwrap();
        assert_eq!(next, Some(datetime!(2030-06-01 00:00 UTC)));

        let case = ends_soon().await;
        case.execute("update subscription set status = 'canceled', ended_at = created_at").await;
        case.after(Duration::days(50)).await;
        assert_eq!(case.texts(TOLD).await, "");
        let next = next_due_at(&case.db.pool, None).await.unwrap();
        assert_eq!(next, Some(datetime!(2026-06-24 00:00 UTC)), "it may be used again");
    }

    #[tokio::test]
    async fn nobody_is_warned_before_the_processor_was_asked() {
        let case = ends_soon().await;
        case.db.clock.advance(Duration::days(31));
        let away = case.away().await;
        let told = run_due(&case.db.pool, &away, &mut case.db.cx(), 10).await.unwrap();
        assert_eq!((told, case.texts(TOLD).await.as_str()), (1, ""));
        assert_eq!(case.work().await, 0);
        assert_eq!(case.after(Duration::hours(1)).await, 1);
        assert_eq!(case.texts(TOLD).await, "30");
    }
}
