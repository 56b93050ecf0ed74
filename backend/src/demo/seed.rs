//! Loading the demo.

use domain::address::AddressInput;
use domain::change::{ChangeRules, ProrationBehavior};
use domain::email::EmailAddress;
use domain::field_errors::FieldErrors;
use domain::id::OrganizationId;
use domain::locale::Locale;
use domain::slug::Slug;
use domain::tax::TaxBehavior;
use sqlx::PgPool;
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::data::{DemoData, data};
use super::history::History;
use super::work::WorkError;
use super::{NAME, SLUG, cast, catalog, clear};
use crate::benefit::CreateBenefitError;
use crate::chance::Chance;
use crate::context::Context;
use crate::customer::{CreateCustomerError, ExemptFromTaxError, UpdateBillingDetailsError};
use crate::discount::CreateDiscountError;
use crate::error::{DatabaseError, QueryError};
use crate::event::{self, PartitionError};
use crate::member::AddMemberError;
use crate::organization::{
    self, CreateOrganization, CreateOrganizationError, UpdatePortalSettings,
    UpdatePortalSettingsError, UpdateSeller, UpdateSellerError,
};
use crate::payment::{self, ChooseProcessorError, ProcessorChoice};
use crate::payment_method::ChooseMethodError;
use crate::price::CreatePriceError;
use crate::product::{CreateProductError, UpdateProductError};
use crate::progress::OnProgress;
use crate::quote::QuoteError;
use crate::seat::AssignSeatError;
use crate::subscription::{CancelError, KeepError, PauseError, StartError};
use crate::subscription_change::ConfirmError;

/// How far back the history goes.
const HISTORY: Duration = Duration::days(548);
/// Months with a partition of the event log: the history, this month and three ahead.
const PARTITION_MONTHS: u8 = 23;
/// Since then changes are billed at once; before, with the next order.
const BILLS_AT_ONCE_SINCE: Duration = Duration::days(200);

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
    #[error("the demo's seller could not be named")]
    Seller(#[from] UpdateSellerError),
    #[error("the demo's portal could not be set up")]
    Settings(#[from] UpdatePortalSettingsError),
    #[error("the demo's payments could not be set up")]
    Processor(#[from] ChooseProcessorError),
    #[error("a demo product could not be completed")]
    UpdateProduct(#[from] UpdateProductError),
    #[error("a demo benefit could not be made")]
    Benefit(#[from] CreateBenefitError),
    #[error("a demo discount could not be made")]
    Discount(#[from] CreateDiscountError),
    #[error("a demo customer's billing details could not be told")]
    BillingDetails(#[from] UpdateBillingDetailsError),
    #[error("a demo customer could not be exempted from tax")]
    ExemptFromTax(#[from] ExemptFromTaxError),
    #[error("a demo subscription could not be paused")]
    Pause(#[from] PauseError),
    #[error("a change of a demo subscription could not be quoted")]
    Quote(#[from] QuoteError),
    #[error("a change of a demo subscription could not be confirmed")]
    Confirm(#[from] ConfirmError),
    #[error("a demo customer's backup card could not be chosen")]
    Backup(#[from] ChooseMethodError),
    #[error("a demo seat could not be assigned")]
    Seat(#[from] AssignSeatError),
    #[error("what fell due in the demo's history could not be done")]
    Due(#[from] WorkError),
    #[error("the event log has no place for the demo's history")]
    Partition(#[from] PartitionError),
    #[error("the demo could not be read")]
    Query(#[from] QueryError),
    #[error("the demo could not be written down")]
    Database(#[from] sqlx::Error),
}

impl From<DatabaseError> for SeedError {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error.0)
    }
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
    let settings_change_at = now - BILLS_AT_ONCE_SINCE;
    History::new(db, &chance, organization_id, &catalog, &cast, settings_change_at)
        .walk(from, now, progress)
        .await?;
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
    let organization_id = organization::create(db, cx, input).await?;
    organization::update_seller(db, cx, seller(organization_id)).await?;
    let everything = UpdatePortalSettings::everything(organization_id);
    let changes = ChangeRules { proration: ProrationBehavior::Prorate, ..everything.changes };
    let settings = UpdatePortalSettings { changes, ..everything };
    organization::update_portal_settings(db, cx, settings).await?;
    payment::choose_processor(db, cx, organization_id, ProcessorChoice::Sandbox).await?;
    Ok(organization_id)
}

/// A German company that is registered for the whole union and, beyond it, in Switzerland.
fn seller(organization_id: OrganizationId) -> UpdateSeller {
    UpdateSeller {
        organization_id,
        legal_name: format!("{NAME} GmbH"),
        address: AddressInput {
            line1: "Chausseestraße 1".to_owned(),
            postal_code: "10115".to_owned(),
            city: "Berlin".to_owned(),
            country: "DE".to_owned(),
            ..AddressInput::default()
        },
        tax_id: "DE999999903".to_owned(),
        collects_eu_tax: true,
        tax_countries: vec!["CH".to_owned()],
        tax_behavior: TaxBehavior::Exclusive,
    }
}

/// Whoever goes up pays at once, whoever goes down waits for the next period.
pub(super) const fn settings_of_today(everything: UpdatePortalSettings) -> UpdatePortalSettings {
    let changes = ChangeRules {
        proration: ProrationBehavior::Invoice,
        downgrade_proration: Some(ProrationBehavior::NextPeriod),
        ..everything.changes
    };
    UpdatePortalSettings { changes, ..everything }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::{advance, clock_offset, order_to_pay};
    use crate::invariants;
    use crate::test_support::TestDb;
    use crate::test_support::billing::processors;
    use domain::interval::RecurringInterval;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-05-31 10:00:00.123456 UTC);

    async fn count(db: &TestDb, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&db.pool).await.unwrap()
    }

    async fn it_covers_each_state(db: &TestDb) {
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
            ("past due", "select count(*) from subscription where status = 'past_due'"),
            (
                "ended because nobody paid",
                "select count(distinct subscription_id) from orders join subscription using (organization_id, subscription_id) where orders.status = 'void' and ended_at is not null",
            ),
            ("recovered", "select count(*) from event where type = 'subscription.recovered'"),
            (
                "paused, with a day to come back",
                "select count(*) from subscription where status = 'paused' and resumes_at is not null",
            ),
            (
                "set to pause",
                "select count(*) from subscription where pause_at_period_end and status = 'active'",
            ),
            ("resumed", "select count(*) from event where type = 'subscription.resumed'"),
            ("changed at once", "select count(*) from order_item where is_proration"),
            ("about to change", "select count(*) from subscription_pending_update"),
            ("seats in use", "select count(*) from customer_seat where status = 'claimed'"),
            ("refunded", "select count(*) from orders where status = 'partially_refunded'"),
            (
                "reverse charge",
                "select count(*) from order_item where tax_reason = 'reverse_charge'",
            ),
            ("exempt", "select count(*) from order_item where tax_reason = 'customer_exempt'"),
            ("taxed", "select count(*) from order_item where tax_rate_ppm = 190000"),
            (
                "not taxed abroad",
                "select count(*) from order_item where tax_reason = 'not_collected'",
            ),
            (
                "each kind of discount",
                "select (count(distinct discount_id) = 3)::integer::bigint from orders where discount_minor > 0",
            ),
            ("invoices", "select count(*) from invoice"),
            (
                "orders that wait for an address",
                "select count(*) from order_item where tax_reason = 'address_missing'",
            ),
            (
                "cards of several brands",
                "select (count(distinct brand) >= 3)::integer::bigint from payment_method",
            ),
            (
                "backups",
                "select count(*) from customer where backup_payment_method_id is not null",
            ),
            (
                "a card that ends next month, of somebody who is charged",
                "select count(*) from payment_method m join customer c on c.default_payment_method_id = m.payment_method_id
                 join subscription s on s.customer_id = c.customer_id
                 where s.status = 'active' and (m.exp_year, m.exp_month) = (2026, 6)",
            ),
            (
                "open orders that were declined",
                "select count(*) from orders o where o.status = 'pending' and exists
                    (select from payment_attempt a where a.order_id = o.order_id and a.decline_code = 'insufficient_funds')",
            ),
            (
                "open orders that their bank wants approved",
                "select count(*) from orders o where o.status = 'pending' and exists
                    (select from payment_attempt a where a.order_id = o.order_id and a.decline_code = 'authentication_required')",
            ),
            ("teams", "select count(*) from customer where type = 'team'"),
            (
                "one person in two",
                "select count(*) from (select from member group by email having count(*) = 2) as twice",
            ),
        ] {
            assert!(count(db, sql).await > 0, "{what}");
        }
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
        it_covers_each_state(&db).await;
        let (organization_id, order_id) = order_to_pay(&db.pool).await.unwrap().unwrap();
        assert_eq!(organization_id, demo.organization.id);
        let status =
            sqlx::query_scalar::<_, String>("select status from orders where order_id = $1")
                .bind(order_id.as_uuid());
        assert_eq!(status.fetch_one(&db.pool).await.unwrap(), "pending");

        let events = count(&db, "select count(*) from event").await;
        assert_eq!(
            seed(&db.pool, NOW, 1, &mut |_| ()).await.unwrap(),
            demo,
            "the second loading does nothing"
        );
        assert_eq!(count(&db, "select count(*) from event").await, events);

        let rng = || db.chance.rng();
        let advanced =
            advance(&db.pool, &processors(&db), NOW, rng, RecurringInterval::MONTHLY, &mut |_| ())
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
            &processors(&db),
            NOW,
            || db.chance.rng(),
            RecurringInterval::MONTHLY,
            &mut |_| (),
        )
        .await;
        assert!(matches!(refused, Err(crate::demo::AdvanceError::NoDemo)));
    }
}
