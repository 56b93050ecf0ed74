//! What became of a try.

use domain::event_type::EventType;
use domain::id::WebhookAttemptId;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use time::{Duration, OffsetDateTime};

use super::claim::ClaimedDelivery;
use super::client::Answer;
use super::retry::wait_after;
use super::update_endpoint::{about, skip_pending};
use crate::context::Context;
use crate::error::DatabaseError;
use crate::event;
use crate::mail;

/// An endpoint to which nothing could be delivered for so long is switched off.
const FAILING_MAX: Duration = Duration::days(5);
const GONE: i32 = 410;
const RESPONSE_CHARS_MAX: usize = 2_048;

/// Writes down what an endpoint answered to a try that began at `started_at`, or that nothing came.
///
/// A delivery is done, or due again, or given up after the last try. An endpoint that says it is gone, or to which nothing could be
/// delivered for five days, is switched off and its organization told by mail.
pub async fn answered(
    db: &PgPool,
    cx: &mut Context,
    delivery: &ClaimedDelivery,
    started_at: OffsetDateTime,
    answer: &Answer,
) -> Result<(), DatabaseError> {
    if answer.is_success() {
        return delivered(db, cx, delivery, started_at, answer).await;
    }
    let mut tx = db.begin().await?;
    // The endpoint's row first, as every command that changes one.
    let failing_since = sqlx::query_scalar!(
        r#"update webhook_endpoint set failing_since = coalesce(failing_since, $3)
         where organization_id = $1 and webhook_endpoint_id = $2 and enabled
         returning failing_since as "failing_since!""#,
        delivery.organization_id.as_uuid(),
        delivery.webhook_endpoint_id.as_uuid(),
        cx.now,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let wait = wait_after(delivery.tries, answer.retry_after, &mut cx.rng);
    sqlx::query!(
        "update webhook_delivery d
         set due_at = case when event.is_test then null else $5::timestamptz end,
            state = case when event.is_test or $5::timestamptz is null then 'failed' else 'pending' end,
            ended_at = case when event.is_test or $5::timestamptz is null then $6::timestamptz end,
            first_tried_at = coalesce(d.first_tried_at, $6), last_http_code = $7
         from webhook_event event
         where d.organization_id = $1 and d.webhook_event_id = $2 and d.webhook_endpoint_id = $3
           and event.organization_id = $1 and event.webhook_event_id = $2
           and d.tries = $4 and d.due_at is not null",
        delivery.organization_id.as_uuid(),
        delivery.webhook_event_id.as_uuid(),
        delivery.webhook_endpoint_id.as_uuid(),
        delivery.tries,
        wait.map(|wait| cx.now + wait),
        cx.now,
        answer.http_code,
    )
    .execute(&mut *tx)
    .await?;
    note_attempt(&mut tx, cx, delivery, started_at, answer).await?;
    if let Some(failing_since) = failing_since {
        if answer.http_code == Some(GONE) {
            switch_off(&mut tx, cx, delivery, "gone").await?;
        } else if cx.now - failing_since >= FAILING_MAX {
            switch_off(&mut tx, cx, delivery, "failing").await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

async fn delivered(
    db: &PgPool,
    cx: &mut Context,
    delivery: &ClaimedDelivery,
    started_at: OffsetDateTime,
    answer: &Answer,
) -> Result<(), DatabaseError> {
    let mut tx = db.begin().await?;
    sqlx::query!(
        "update webhook_endpoint set failing_since = null
         where organization_id = $1 and webhook_endpoint_id = $2 and failing_since is not null",
        delivery.organization_id.as_uuid(),
        delivery.webhook_endpoint_id.as_uuid(),
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update webhook_delivery
         set state = 'delivered', due_at = null, ended_at = $4, first_tried_at = coalesce(first_tried_at, $4), last_http_code = $5
         where organization_id = $1 and webhook_event_id = $2 and webhook_endpoint_id = $3",
        delivery.organization_id.as_uuid(),
        delivery.webhook_event_id.as_uuid(),
        delivery.webhook_endpoint_id.as_uuid(),
        cx.now,
        answer.http_code,
    )
    .execute(&mut *tx)
    .await?;
    note_attempt(&mut tx, cx, delivery, started_at, answer).await?;
    tx.commit().await?;
    Ok(())
}

/// Something of ours went wrong before the endpoint was asked. It is tried again as if the endpoint had failed, but the endpoint is
/// not blamed.
pub async fn failed(
    db: &PgPool,
    cx: &mut Context,
    delivery: &ClaimedDelivery,
) -> Result<(), DatabaseError> {
    let wait = wait_after(delivery.tries, None, &mut cx.rng);
    end_or_wait(db, cx, delivery, wait.map(|wait| cx.now + wait), "failed").await
}

/// There is nothing to tell: the endpoint was switched off, or the object is not there.
pub async fn skipped(
    db: &PgPool,
    cx: &Context,
    delivery: &ClaimedDelivery,
) -> Result<(), DatabaseError> {
    end_or_wait(db, cx, delivery, None, "skipped").await
}

async fn end_or_wait(
    db: &PgPool,
    cx: &Context,
    delivery: &ClaimedDelivery,
    due_at: Option<OffsetDateTime>,
    end: &str,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update webhook_delivery
         set due_at = $5, state = case when $5::timestamptz is null then $6 else 'pending' end,
            ended_at = case when $5::timestamptz is null then $7::timestamptz end, first_tried_at = coalesce(first_tried_at, $7)
         where organization_id = $1 and webhook_event_id = $2 and webhook_endpoint_id = $3 and tries = $4 and due_at is not null",
        delivery.organization_id.as_uuid(),
        delivery.webhook_event_id.as_uuid(),
        delivery.webhook_endpoint_id.as_uuid(),
        delivery.tries,
        due_at,
        end,
        cx.now,
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn note_attempt(
    tx: &mut PgConnection,
    cx: &mut Context,
    delivery: &ClaimedDelivery,
    started_at: OffsetDateTime,
    answer: &Answer,
) -> Result<(), sqlx::Error> {
    let attempt_id: WebhookAttemptId = cx.new_id();
    let response: String =
        answer.response.chars().filter(|c| *c != '\0').take(RESPONSE_CHARS_MAX).collect();
    sqlx::query!(
        "insert into webhook_attempt (organization_id, webhook_attempt_id, webhook_event_id, webhook_endpoint_id, succeeded, http_code,
            response, started_at, duration_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        delivery.organization_id.as_uuid(),
        attempt_id.as_uuid(),
        delivery.webhook_event_id.as_uuid(),
        delivery.webhook_endpoint_id.as_uuid(),
        answer.is_success(),
        answer.http_code,
        response,
        started_at,
        i32::try_from(answer.duration_ms).unwrap_or(i32::MAX),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Switches an endpoint off, and writes to its organization.
async fn switch_off(
    tx: &mut PgConnection,
    cx: &mut Context,
    delivery: &ClaimedDelivery,
    reason: &str,
) -> Result<(), DatabaseError> {
    let (organization_id, endpoint_id) = (delivery.organization_id, delivery.webhook_endpoint_id);
    let url = sqlx::query_scalar!(
        "update webhook_endpoint set enabled = false, disabled_reason = $3, modified_at = $4
         where organization_id = $1 and webhook_endpoint_id = $2 and enabled
         returning url",
        organization_id.as_uuid(),
        endpoint_id.as_uuid(),
        reason,
        cx.now,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(url) = url else { return Ok(()) };
    skip_pending(tx, cx, organization_id, endpoint_id).await?;
    let snapshot = json!({ "reason": reason, "url": url });
    let disabled =
        about(organization_id, endpoint_id, EventType::WebhookEndpointDisabled, snapshot);
    let event_id = event::record(tx, cx, disabled).await?;
    mail::of_endpoint(tx, cx, organization_id, endpoint_id, event_id, &url, reason).await?;
    event::notify(tx).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{self, Prepared};
    use crate::secret::SecretKey;
    use crate::webhook::test_helpers::Case;
    use crate::webhook::{RETRY_AFTER_S, UpdateEndpoint, letter, update_endpoint};

    async fn tries(case: &Case) -> Vec<(bool, Option<i32>, String, i32)> {
        sqlx::query_as("select succeeded, http_code, response, duration_ms from webhook_attempt order by started_at")
            .fetch_all(&case.db.pool)
            .await
            .unwrap()
    }

    async fn is_enabled(case: &Case) -> (bool, Option<String>) {
        sqlx::query_as("select enabled, disabled_reason from webhook_endpoint")
            .fetch_one(&case.db.pool)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_delivery_is_done_once_and_every_try_is_noted() {
        let case = Case::start().await;
        case.put(1).await;
        let first = case.first(1).await.remove(0);
        case.answer(&first, 503).await;
        assert!(matches!(case.only().await, (state, 1, Some(4..=6)) if state == "pending"));
        case.wait();
        let second = case.retries(1).await.remove(0);
        case.answer(&second, 204).await;
        assert_eq!(case.only().await, ("delivered".into(), 2, None));
        // The first try's answer comes late, from a worker that was thought dead.
        case.answer(&first, 500).await;
        assert_eq!(case.only().await, ("delivered".into(), 2, None));
        let told = |succeeded, code| (succeeded, Some(code), "told back".to_owned(), 12);
        assert_eq!(tries(&case).await, [told(false, 503), told(true, 204), told(false, 500)]);
    }

    #[tokio::test]
    async fn it_is_given_up_after_eleven_tries() {
        let case = Case::start().await;
        case.put(1).await;
        let mut delivery = case.first(1).await.remove(0);
        for planned_s in RETRY_AFTER_S {
            case.answer(&delivery, 500).await;
            let (state, _, wait_s) = case.only().await;
            let planned_s = i64::from(planned_s);
            let wait_s = wait_s.unwrap();
            assert_eq!(state, "pending");
            assert!(wait_s >= planned_s * 8 / 10 - 1 && wait_s <= planned_s * 12 / 10, "{wait_s}");
            case.db.clock.advance(Duration::seconds(wait_s + 1));
            delivery = case.retries(1).await.remove(0);
        }
        case.answer(&delivery, 500).await;
        assert_eq!(case.only().await, ("failed".into(), 11, None));
        assert_eq!(is_enabled(&case).await, (true, None), "three days are not five");
    }

    #[tokio::test]
    async fn an_endpoint_goes_off_after_five_days_without_a_success_and_its_owner_is_told() {
        let case = Case::start().await;
        for subject in 1..=2 {
            case.put(subject).await;
        }
        let claimed = case.first(2).await;
        case.answer(&claimed[0], 500).await;
        case.db.clock.advance(Duration::days(4));
        case.answer(&claimed[1], 200).await;
        let later = case.put(3).await;
        case.put(3).await;
        let again = case.first(1).await.remove(0);
        assert_eq!(again.webhook_event_id.as_uuid(), later);
        case.answer(&again, 500).await;
        case.db.clock.advance(FAILING_MAX - Duration::microseconds(1));
        let again = case.retries(2).await;
        case.answer(&again[0], 500).await;
        assert_eq!(is_enabled(&case).await, (true, None), "counted from after the success");
        case.db.clock.advance(Duration::microseconds(1));
        case.answer(&again[1], 500).await;
        assert_eq!(is_enabled(&case).await, (false, Some("failing".into())));
        let waiting = "select count(*) from webhook_delivery where due_at is not null";
        let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(&case.db.pool).await.unwrap();
        assert_eq!(waiting, 0);
        told(&case, false).await;
    }

    /// One mail to the organization itself.
    async fn told(case: &Case, is_gone: bool) {
        let mails = mail::claim(&case.db.pool, case.db.now(), 10).await.unwrap();
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].template, "webhook_endpoint_disabled");
        let key = SecretKey::from_hex(&"5e".repeat(32)).unwrap();
        let prepared = mail::prepare(&case.db.pool, &mails[0], &key, case.db.now()).await.unwrap();
        let Prepared::Send(letter) = prepared else { panic!("it is dropped: {prepared:?}") };
        assert_eq!(letter.to, "support@example.com");
        assert_eq!(letter.params["is_gone"], is_gone);
        assert_eq!(letter.params["url"], "https://hooks.example.com/");
    }

    #[tokio::test]
    async fn an_endpoint_that_is_gone_goes_off_at_once_until_it_is_switched_on() {
        let case = Case::start().await;
        case.put(1).await;
        case.put(1).await;
        let delivery = case.first(1).await.remove(0);
        case.answer(&delivery, 410).await;
        assert_eq!(is_enabled(&case).await, (false, Some("gone".into())));
        assert_eq!(case.first(1).await, []);
        let key = SecretKey::from_hex(&"5e".repeat(32)).unwrap();
        let read = async || letter(&case.db.pool, &key, &delivery, case.db.now()).await.unwrap();
        assert!(read().await.is_none());
        told(&case, true).await;
        let mut on = UpdateEndpoint::of(
            case.organization_id,
            case.endpoint_id,
            crate::webhook::Reach::PublicOnly,
        );
        on.enabled = Some(true);
        update_endpoint(&case.db.pool, &mut case.db.cx(), on).await.unwrap();
        assert_eq!(is_enabled(&case).await, (true, None));
        assert!(read().await.is_some());
    }

    #[tokio::test]
    async fn our_own_mistake_is_not_the_endpoints() {
        let case = Case::start().await;
        case.put(1).await;
        let delivery = case.first(1).await.remove(0);
        failed(&case.db.pool, &mut case.db.cx(), &delivery).await.unwrap();
        assert!(matches!(case.only().await, (state, 1, Some(_)) if state == "pending"));
        let blamed = "select failing_since is not null from webhook_endpoint";
        assert!(!sqlx::query_scalar::<_, bool>(blamed).fetch_one(&case.db.pool).await.unwrap());
        case.wait();
        let delivery = case.retries(1).await.remove(0);
        skipped(&case.db.pool, &case.db.cx(), &delivery).await.unwrap();
        assert_eq!(case.only().await, ("skipped".into(), 2, None));
        assert_eq!(tries(&case).await, []);
    }
}
