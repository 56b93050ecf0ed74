//! Deleting what was kept long enough.

use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use crate::error::DatabaseError;
use crate::event;

/// Rows deleted by one statement at most, so that none holds its locks for long.
const BATCH: i64 = 5_000;
/// Batches per table and sweep; what is left goes with the next one.
const BATCHES_MAX: usize = 20;

/// 25 months of any length.
const EVENTS_KEPT: Duration = Duration::days(25 * 31);

/// What went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    pub rows: u64,
    /// Months of the event log.
    pub partitions: u64,
}

/// Deletes what is past its time; each table's comment says how long that is.
pub async fn sweep(db: &PgPool, now: OffsetDateTime) -> Result<Swept, DatabaseError> {
    let mut swept = Swept::default();
    for table in Table::ALL {
        for _ in 0..BATCHES_MAX {
            let rows = table.delete(db, now).await?;
            swept.rows += rows;
            if rows < BATCH.unsigned_abs() {
                break;
            }
        }
    }
    swept.partitions = event::drop_partitions(db, (now - EVENTS_KEPT).date()).await?;
    Ok(swept)
}

#[derive(Clone, Copy)]
enum Table {
    SignIn,
    HandOver,
    RateLimit,
    Session,
    Mail,
    AccessToken,
    PaymentMethodSetup,
    Checkout,
    ProcessorEvent,
    IdempotencyKey,
    ApiSession,
    ApiSignIn,
    EmailUpdate,
    RequestAllowance,
    WebhookEvent,
}

impl Table {
    const ALL: &[Self] = &[
        Self::SignIn,
        Self::HandOver,
        Self::RateLimit,
        Self::Session,
        Self::Mail,
        Self::AccessToken,
        Self::PaymentMethodSetup,
        Self::Checkout,
        Self::ProcessorEvent,
        Self::IdempotencyKey,
        Self::ApiSession,
        Self::ApiSignIn,
        Self::EmailUpdate,
        Self::RequestAllowance,
        Self::WebhookEvent,
    ];

    #[expect(clippy::too_many_lines, reason = "a statement for each table")]
    async fn delete(self, db: &PgPool, now: OffsetDateTime) -> Result<u64, sqlx::Error> {
        let days = |days: i64| now - Duration::days(days);
        let done = match self {
            Self::SignIn => sqlx::query!(
                "delete from sign_in where ctid in (
                    select ctid from sign_in
                    where created_at < $1 and (created_at < $3 or (code_used_at is null and link_used_at is null))
                    limit $2)",
                days(1),
                BATCH,
                days(90),
            ),
            Self::HandOver => sqlx::query!(
                "delete from hand_over where ctid in (select ctid from hand_over where created_at < $1 limit $2)",
                days(1),
                BATCH
            ),
            Self::RateLimit => sqlx::query!(
                "delete from rate_limit where ctid in (select ctid from rate_limit where hour_at < $1 limit $2)",
                days(1),
                BATCH
            ),
            Self::Session => sqlx::query!(
                "delete from session where ctid in (
                    select ctid from session
                    where expires_at < $1 or idle_expires_at < $1 or ended_at < $1
                    limit $2)",
                days(30),
                BATCH
            ),
            Self::Mail => sqlx::query!(
                "delete from mail where ctid in (
                    select ctid from mail where created_at < $1 and due_at is null limit $2)",
                days(90),
                BATCH
            ),
            Self::AccessToken => sqlx::query!(
                "with gone as (
                    delete from access_token where ctid in (
                        select ctid from access_token where revoked_at < $1 or expires_at < $1 limit $2)
                    returning organization_id, access_token_id)
                 delete from token using gone
                 where token.organization_id = gone.organization_id and token.subject_id = gone.access_token_id",
                days(365),
                BATCH
            ),
            Self::PaymentMethodSetup => sqlx::query!(
                "delete from payment_method_setup where ctid in (
                    select ctid from payment_method_setup where settled_at < $1 limit $2)",
                days(30),
                BATCH
            ),
            Self::Checkout => sqlx::query!(
                "with gone as materialized (
                    select organization_id, checkout_id from checkout where state in ('expired', 'failed') and settled_at < $1 limit $2),
                 freed as (
                    update orders o set checkout_id = null from gone
                    where o.organization_id = gone.organization_id and o.checkout_id = gone.checkout_id)
                 delete from checkout k using gone
                 where k.organization_id = gone.organization_id and k.checkout_id = gone.checkout_id
                    and not exists (select from payment_method_setup s
                        where s.organization_id = k.organization_id and s.checkout_id = k.checkout_id)",
                days(90),
                BATCH
            ),
            Self::ProcessorEvent => sqlx::query!(
                "delete from processor_event where ctid in (
                    select ctid from processor_event where received_at < $1 limit $2)",
                days(30),
                BATCH
            ),
            Self::EmailUpdate => sqlx::query!(
                "delete from email_update where ctid in (select ctid from email_update where created_at < $1 limit $2)",
                days(10),
                BATCH
            ),
            Self::RequestAllowance => sqlx::query!(
                "delete from request_allowance where ctid in (
                    select ctid from request_allowance where minute_at < $1 limit $2)",
                days(1),
                BATCH
            ),
            Self::ApiSignIn => sqlx::query!(
                "delete from api_sign_in where ctid in (
                    select ctid from api_sign_in where created_at < $1 limit $2)",
                days(1),
                BATCH
            ),
            Self::IdempotencyKey => sqlx::query!(
                "delete from idempotency_key where ctid in (
                    select ctid from idempotency_key where created_at < $1 limit $2)",
                days(1),
                BATCH
            ),
            Self::ApiSession => sqlx::query!(
                "with gone as (
                    delete from api_session where ctid in (select ctid from api_session where expires_at < $1 limit $2)
                    returning organization_id, api_session_id)
                 delete from token using gone
                 where token.organization_id = gone.organization_id and token.subject_id = gone.api_session_id",
                days(1),
                BATCH
            ),
            // Deliveries and attempts go along.
            Self::WebhookEvent => sqlx::query!(
                "delete from webhook_event where ctid in (
                    select ctid from webhook_event where created_at < $1 limit $2)",
                days(90),
                BATCH
            ),
        };
        Ok(done.execute(db).await?.rows_affected())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_token::{self, CreateAccessToken};
    use crate::hand_over::{self, CreateHandOver};
    use crate::rate_limit::{self, Limits};
    use crate::test_support::{TestDb, billing, fixtures};
    use crate::webhook;

    const TICK: Duration = Duration::microseconds(1);

    /// Sweeps at the last instant at which a row is still kept, and a microsecond later.
    async fn goes_after(db: &TestDb, kept: Duration) {
        let last = db.now() + kept;
        assert_eq!(sweep(&db.pool, last).await.unwrap().rows, 0);
        assert_eq!(sweep(&db.pool, last + TICK).await.unwrap().rows, 1);
        assert_eq!(sweep(&db.pool, last + TICK).await.unwrap().rows, 0);
    }

    #[tokio::test]
    async fn a_session_goes_thirty_days_after_its_end() {
        let db = TestDb::new().await;
        let organization = fixtures::organization(&db, "acme").await;
        let member = fixtures::member(&db, organization, "ann@example.com").await;
        fixtures::session(&db, &member).await;
        // Idle for 30 days it ends; 30 days later it goes.
        goes_after(&db, Duration::days(60)).await;
    }

    #[tokio::test]
    async fn a_hand_over_and_a_limit_go_after_a_day() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let customer_id =
            fixtures::member(&db, organization_id, "ann@example.com").await.customer_id;
        let input = CreateHandOver {
            organization_id,
            customer_id,
            member_id: None,
            return_to: None,
            return_url: None,
        };
        hand_over::create(&db.pool, &mut db.cx(), input).await.unwrap();
        goes_after(&db, Duration::days(1)).await;
        let limits = Limits { per_minute: 1, per_hour: 1, wait: Duration::minutes(15) };
        rate_limit::check(&db.pool, organization_id, "test", "192.0.2.1", db.now(), limits)
            .await
            .unwrap();
        goes_after(&db, Duration::days(1)).await;
    }

    #[tokio::test]
    async fn a_sign_in_goes_after_a_day_and_a_proven_one_after_ninety() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        for (id, used_at) in [(1_u128, None), (2, Some(db.now()))] {
            sqlx::query(
                "insert into sign_in (organization_id, sign_in_id, email, browser_hash, locale, is_mailed, created_at,
                    code_expires_at, link_expires_at, code_used_at)
                 values ($1, $2, 'ann@example.com', '', 'en', true, $3, $3, $3, $4)",
            )
            .bind(organization_id.as_uuid())
            .bind(uuid::Uuid::from_u128(id))
            .bind(db.now())
            .bind(used_at)
            .execute(&db.pool)
            .await
            .unwrap();
        }
        goes_after(&db, Duration::days(1)).await;
        goes_after(&db, Duration::days(90)).await;
    }

    #[tokio::test]
    async fn a_mail_goes_after_ninety_days_unless_it_is_still_to_be_sent() {
        let db = TestDb::new().await;
        let organization = fixtures::organization(&db, "acme").await;
        let member = fixtures::member(&db, organization, "ann@example.com").await;
        billing::subscribed(&db, &member).await;
        assert_eq!(sweep(&db.pool, db.now() + Duration::days(91)).await.unwrap().rows, 0);
        sqlx::query("update mail set sent_at = created_at, due_at = null")
            .execute(&db.pool)
            .await
            .unwrap();
        goes_after(&db, Duration::days(90)).await;
    }

    #[tokio::test]
    async fn an_access_token_goes_a_year_after_its_end_with_its_hash() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let expires_at = Some(db.now() + Duration::days(1));
        for expires_at in [None, expires_at] {
            let input = CreateAccessToken {
                organization_id,
                name: "backend".into(),
                scopes: vec![],
                expires_at,
            };
            access_token::create(&db.pool, &mut db.cx(), input).await.unwrap();
        }
        goes_after(&db, Duration::days(366)).await;
        let left: (i64, i64) = sqlx::query_as(
            "select (select count(*) from access_token), (select count(*) from token)",
        )
        .fetch_one(&db.pool)
        .await
        .unwrap();
        assert_eq!(left, (1, 1));
    }

    #[tokio::test]
    async fn a_settled_setup_and_a_processors_message_go_after_thirty_days() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        fixtures::member(&db, organization_id, "ann@example.com").await;
        for (state, is_settled) in [("expired", true), ("open", false)] {
            sqlx::query(
                "insert into payment_method_setup (organization_id, payment_method_setup_id, customer_id, processor, state, set_default,
                    is_kept, return_path, created_at, settled_at)
                 select organization_id, gen_random_uuid(), customer_id, 'sandbox', $1, false, true, '/', $2, case when $3 then $2 end
                 from customer",
            )
            .bind(state)
            .bind(db.now())
            .bind(is_settled)
            .execute(&db.pool)
            .await
            .unwrap();
        }
        goes_after(&db, Duration::days(30)).await;
        sqlx::query("insert into processor_event (processor, processor_event_id, received_at) values ('stripe', 'evt_1', $1)")
            .bind(db.now())
            .execute(&db.pool)
            .await
            .unwrap();
        goes_after(&db, Duration::days(30)).await;
    }

    #[tokio::test]
    async fn what_an_endpoint_was_told_goes_after_ninety_days_with_its_tries() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let input = webhook::CreateEndpoint {
            organization_id,
            url: "https://hooks.example.com/".into(),
            name: None,
            events: vec![],
            api_version: webhook::ApiVersion::default(),
            uses_standard_webhook_signature: false,
            reach: webhook::Reach::PublicOnly,
        };
        let id = webhook::create_endpoint(&db.pool, &mut db.cx(), input).await.unwrap();
        webhook::send_test(&db.pool, &mut db.cx(), organization_id, id).await.unwrap();
        goes_after(&db, Duration::days(90)).await;
        let left = "select count(*) from webhook_delivery";
        assert_eq!(sqlx::query_scalar::<_, i64>(left).fetch_one(&db.pool).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn months_of_the_event_log_go_after_25_months() {
        let db = TestDb::new().await;
        event::ensure_partitions(&db.pool, time::macros::date!(2024 - 02 - 01), 4).await.unwrap();
        assert_eq!(
            sweep(&db.pool, db.now()).await.unwrap().partitions,
            1,
            "of March 2024 there are younger events"
        );
    }
}
