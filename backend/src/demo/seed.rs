//! Loading the demo.

use domain::email::EmailAddress;
use domain::field_errors::FieldErrors;
use domain::id::OrganizationId;
use domain::locale::Locale;
use domain::slug::Slug;
use sqlx::PgPool;
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::data::{DemoData, data};
use super::history::History;
use super::{NAME, SLUG, cast, catalog, clear};
use crate::chance::Chance;
use crate::context::Context;
use crate::customer::CreateCustomerError;
use crate::error::QueryError;
use crate::event::{self, PartitionError};
use crate::invoice::IssueError;
use crate::member::AddMemberError;
use crate::order::RecordPaymentError;
use crate::organization::{self, CreateOrganization, CreateOrganizationError};
use crate::payment::PaymentError;
use crate::price::CreatePriceError;
use crate::product::CreateProductError;
use crate::progress::OnProgress;
use crate::subscription::{CancelError, KeepError, RunDueError, StartError};

/// How far back the history goes.
const HISTORY: Duration = Duration::days(425);
/// Months with a partition of the event log: the history, this month and three ahead.
const PARTITION_MONTHS: u8 = 19;

#[derive(Debug, Error)]
pub enum SeedError {
    #[error("the demo's catalog or cast breaks a rule: {0}")]
    Catalog(FieldErrors),
    #[error("the demo's cast does things in an impossible order")]
    OutOfOrder,
    #[error("the demo organization could not be made")]
    Organization(#[from] CreateOrganizationError),
    #[error("a demo product could not be made")]
    Product(#[from] CreateProductError),
    #[error("a demo price could not be made")]
    Price(#[from] CreatePriceError),
    #[error("a demo customer could not be made")]
    Customer(#[from] CreateCustomerError),
    #[error("a demo member could not be added")]
    Member(#[from] AddMemberError),
    #[error("a demo subscription could not be started")]
    Start(#[from] StartError),
    #[error("a demo subscription could not be canceled")]
    Cancel(#[from] CancelError),
    #[error("a demo subscription could not be kept")]
    Keep(#[from] KeepError),
    #[error("a demo order could not be charged")]
    Charge(#[from] PaymentError),
    #[error("a demo invoice could not be issued")]
    Invoice(#[from] IssueError),
    #[error("a demo order could not be paid")]
    Payment(#[from] RecordPaymentError),
    #[error("demo subscriptions could not be carried on")]
    Due(#[from] RunDueError),
    #[error("the event log has no place for the demo's history")]
    Partition(#[from] PartitionError),
    #[error("the demo could not be read")]
    Query(#[from] QueryError),
    #[error("the demo could not be written down")]
    Database(#[from] sqlx::Error),
}

/// Loads the demo, with its history ending at `now`; the same seed gives the same cast. Does nothing when it is there
/// already; begins anew when an earlier loading was interrupted.
pub async fn seed(
    db: &PgPool,
    now: OffsetDateTime,
    seed: u64,
    progress: OnProgress<'_>,
) -> Result<DemoData, SeedError> {
    if let Some(data) = data(db).await? {
        return Ok(data);
    }
    if let Some(unfinished) = organization::find_by_slug(db, SLUG).await? {
        clear::clear(db, unfinished.id).await?;
    }
    let chance = Chance::seeded(seed);
    let from = now - HISTORY;
    event::ensure_partitions(db, from.date(), PARTITION_MONTHS).await?;
    let mut cx = Context::system(from, chance.rng());
    cx.quiet = true;
    let organization_id = create_organization(db, &mut cx).await?;
    let catalog = catalog::create(db, &mut cx, organization_id).await?;
    let cast = cast::cast(now, &mut chance.rng());
    History::new(db, &chance, organization_id, &catalog, &cast).walk(from, now, progress).await?;
    // Marks the demo as wholly loaded: its time is the system's until somebody moves it.
    sqlx::query!("insert into demo_clock (offset_s) values (0) on conflict do nothing")
        .execute(db)
        .await?;
    sqlx::query("analyze").execute(db).await?;
    data(db).await?.ok_or(SeedError::OutOfOrder)
}

async fn create_organization(db: &PgPool, cx: &mut Context) -> Result<OrganizationId, SeedError> {
    let input = CreateOrganization {
        slug: Slug::parse(SLUG).map_err(|error| SeedError::Catalog(error.into()))?,
        name: NAME.to_owned(),
        default_locale: Locale::En,
        time_zone: "Europe/Berlin".to_owned(),
        accent_color: Some("#0b6e6e".to_owned()),
        support_email: EmailAddress::parse("support@northwind.example").ok(),
        website_url: Some("https://northwind.example".to_owned()),
    };
    Ok(organization::create(db, cx, input).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::{advance, clock_offset};
    use crate::invariants;
    use crate::test_support::TestDb;
    use crate::test_support::billing::sandbox;
    use domain::interval::RecurringInterval;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-05-31 10:00:00.123456 UTC);

    async fn count(db: &TestDb, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&db.pool).await.unwrap()
    }

    #[tokio::test]
    async fn the_demo_has_a_lawful_history_and_its_time_moves() {
        let db = TestDb::new().await;
        let mut told = Vec::new();
        let demo = seed(&db.pool, NOW, 1, &mut |progress| told.push(progress)).await.unwrap();
        assert_eq!(demo.customers.len(), 40);
        assert_eq!(demo.customers[0].email, "clara.neumann@example.com");
        assert!(
            told.is_sorted_by_key(|progress| progress.done)
                && told.last().is_some_and(|last| last.done == last.total)
        );
        assert_eq!(invariants::check(&db.pool, demo.organization.id).await.unwrap(), vec![]);
        assert_eq!(count(&db, "select count(*) from event_default").await, 0);
        assert_eq!(count(&db, "select count(*) from mail").await, 0);
        assert_eq!(
            count(
                &db,
                "select count(*) from event where occurred_at > '2026-05-31 10:00:00.123456+00'"
            )
            .await,
            0
        );
        assert_eq!(
            count(
                &db,
                "select count(*) from subscription where due_at <= '2026-05-31 10:00:00.123456+00'"
            )
            .await,
            0
        );
        for (what, sql) in [
            (
                "running",
                "select count(*) from subscription where status = 'active' and not cancel_at_period_end",
            ),
            (
                "set to end",
                "select count(*) from subscription where cancel_at_period_end and ended_at is null",
            ),
            ("ended", "select count(*) from subscription where status = 'canceled'"),
            ("on trial", "select count(*) from subscription where status = 'trialing'"),
            ("free", "select count(*) from subscription where amount_minor = 0"),
            ("with seats", "select count(*) from subscription where seats is not null"),
            ("in dollars", "select count(*) from subscription where currency = 'usd'"),
            ("open orders", "select count(*) from orders where status = 'pending'"),
            ("teams", "select count(*) from customer where type = 'team'"),
            (
                "one person in two",
                "select count(*) from (select from member group by email having count(*) = 2) as twice",
            ),
        ] {
            assert!(count(&db, sql).await > 0, "{what}");
        }

        let events = count(&db, "select count(*) from event").await;
        assert_eq!(
            seed(&db.pool, NOW, 1, &mut |_| ()).await.unwrap(),
            demo,
            "the second loading does nothing"
        );
        assert_eq!(count(&db, "select count(*) from event").await, events);

        let rng = || db.chance.rng();
        let advanced =
            advance(&db.pool, &sandbox(&db), NOW, rng, RecurringInterval::MONTHLY, &mut |_| ())
                .await
                .unwrap();
        assert_eq!(advanced.now, datetime!(2026-06-30 10:00:00.123456 UTC));
        assert!(advanced.steps > 10);
        assert_eq!(clock_offset(&db.pool).await.unwrap(), Some(Duration::days(30)));
        assert_eq!(invariants::check(&db.pool, demo.organization.id).await.unwrap(), vec![]);
        let overdue =
            sqlx::query_scalar::<_, i64>("select count(*) from subscription where due_at <= $1")
                .bind(advanced.now);
        assert_eq!(overdue.fetch_one(&db.pool).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn an_interrupted_loading_begins_anew() {
        let db = TestDb::new().await;
        let mut cx = db.cx();
        create_organization(&db.pool, &mut cx).await.unwrap();
        assert_eq!(data(&db.pool).await.unwrap(), None);
        let demo = seed(&db.pool, NOW, 2, &mut |_| ()).await.unwrap();
        assert_eq!(count(&db, "select count(*) from organization").await, 1);
        assert_eq!(demo.organization.slug, SLUG);
    }

    #[tokio::test]
    async fn time_does_not_move_without_a_demo() {
        let db = TestDb::new().await;
        let refused = advance(
            &db.pool,
            &sandbox(&db),
            NOW,
            || db.chance.rng(),
            RecurringInterval::MONTHLY,
            &mut |_| (),
        )
        .await;
        assert!(matches!(refused, Err(crate::demo::AdvanceError::NoDemo)));
    }
}
