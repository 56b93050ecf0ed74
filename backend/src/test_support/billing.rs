//! Products, prices and subscriptions that tests start from, made by the commands themselves.

use domain::address::AddressInput;
use domain::discount::{DiscountAmount, DiscountDuration};
use domain::id::{CustomerId, DiscountId, OrganizationId, PriceId, ProductId, SubscriptionId};
use domain::interval::{Interval, RecurringInterval};
use domain::money::{Currency, Money};
use domain::order_amounts::{OrderLine, OrderLineKind};
use domain::price::PriceAmount;
use domain::seat_tiers::{SeatTier, SeatTierType, SeatTiers};
use domain::tax::TaxBehavior;

use super::TestDb;
use crate::actor::MemberActor;
use crate::customer::{self, UpdateBillingDetails};
use crate::discount::{self, CreateDiscount};
use crate::organization::{self, UpdatePortalSettings, UpdateSeller};
use crate::payment::{self, ProcessorChoice, Processors, Sandbox, SandboxBehavior, SandboxCard};
use crate::price::{self, CreatePrice};
use crate::product::{self, CreateProduct};
use crate::proration;
use crate::subscription::{self, StartSubscription, StartedSubscription};

/// What is sold, and for how much.
#[derive(Debug, Clone, Copy)]
pub struct Offer {
    pub organization_id: OrganizationId,
    pub product_id: ProductId,
    pub price_id: PriceId,
}

impl Offer {
    /// A product called Pro and its price in euros.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn new(
        db: &TestDb,
        organization_id: OrganizationId,
        amount: PriceAmount,
        recurring: Option<RecurringInterval>,
        trial_days: Option<i32>,
    ) -> Self {
        Self::named(db, organization_id, "Pro", amount, Currency::EUR, recurring, trial_days).await
    }

    /// A product of any name and its price in any currency.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn named(
        db: &TestDb,
        organization_id: OrganizationId,
        name: &str,
        amount: PriceAmount,
        currency: Currency,
        recurring: Option<RecurringInterval>,
        trial_days: Option<i32>,
    ) -> Self {
        let trial =
            trial_days.map(|days| RecurringInterval::new(Interval::Day, days).expect("a trial"));
        let input = CreateProduct { recurring, trial, ..CreateProduct::of(organization_id, name) };
        let product_id = product::create(&db.pool, &mut db.cx(), input).await.expect("a product");
        let input =
            CreatePrice { organization_id, product_id, amount, currency, tax_behavior: None };
        let price_id = price::create(&db.pool, &mut db.cx(), input).await.expect("a price");
        Self { organization_id, product_id, price_id }
    }

    /// The same product at another price, of a currency of its own or not.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn and_price(&self, db: &TestDb, amount: PriceAmount, currency: Currency) -> Self {
        let input = CreatePrice {
            organization_id: self.organization_id,
            product_id: self.product_id,
            amount,
            currency,
            tax_behavior: None,
        };
        let price_id = price::create(&db.pool, &mut db.cx(), input).await.expect("a price");
        Self { price_id, ..*self }
    }

    /// Business at €59.00 a month: the plan to change up to.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn business(db: &TestDb, organization_id: OrganizationId) -> Self {
        let amount = PriceAmount::Fixed { amount_minor: 5_900 };
        let every = Some(RecurringInterval::MONTHLY);
        Self::named(db, organization_id, "Business", amount, Currency::EUR, every, None).await
    }

    /// Starter at €9.00 a month: the plan to change down to.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn starter(db: &TestDb, organization_id: OrganizationId) -> Self {
        let amount = PriceAmount::Fixed { amount_minor: 900 };
        let every = Some(RecurringInterval::MONTHLY);
        Self::named(db, organization_id, "Starter", amount, Currency::EUR, every, None).await
    }

    /// Pro yearly at €290.00 a year.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn yearly(db: &TestDb, organization_id: OrganizationId) -> Self {
        let amount = PriceAmount::Fixed { amount_minor: 29_000 };
        let every = Some(RecurringInterval::new(Interval::Year, 1).expect("a year"));
        Self::named(db, organization_id, "Pro yearly", amount, Currency::EUR, every, None).await
    }

    /// Pro at $31.00 a month, in dollars only.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn in_dollars(db: &TestDb, organization_id: OrganizationId) -> Self {
        let amount = PriceAmount::Fixed { amount_minor: 3_100 };
        let every = Some(RecurringInterval::MONTHLY);
        Self::named(db, organization_id, "Pro USD", amount, Currency::USD, every, None).await
    }

    /// Team: the seats 1 to 5 at €10.00 each, the next ones up to 20 at €8.00, all further ones at €5.00, a month.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn graduated(db: &TestDb, organization_id: OrganizationId) -> Self {
        let tier = |min_seats, max_seats, price_per_seat_minor| SeatTier {
            min_seats,
            max_seats,
            price_per_seat_minor,
        };
        let tiers = vec![tier(1, Some(5), 1_000), tier(6, Some(20), 800), tier(21, None, 500)];
        let seat_tiers = SeatTiers::parse(SeatTierType::Graduated, tiers).expect("tiers");
        let amount = PriceAmount::SeatBased { seat_tiers };
        let every = Some(RecurringInterval::MONTHLY);
        Self::named(db, organization_id, "Team", amount, Currency::EUR, every, None).await
    }

    /// Pro at €29.00 a month.
    pub async fn monthly(db: &TestDb, organization_id: OrganizationId) -> Self {
        Self::new(
            db,
            organization_id,
            PriceAmount::Fixed { amount_minor: 2_900 },
            Some(RecurringInterval::MONTHLY),
            None,
        )
        .await
    }

    /// Pro at €29.00 a month, after a trial of 14 days.
    pub async fn with_trial(db: &TestDb, organization_id: OrganizationId) -> Self {
        Self::new(
            db,
            organization_id,
            PriceAmount::Fixed { amount_minor: 2_900 },
            Some(RecurringInterval::MONTHLY),
            Some(14),
        )
        .await
    }

    /// Pro at €10.00 per seat and month, 2 to 50 seats.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn per_seat(db: &TestDb, organization_id: OrganizationId) -> Self {
        let tier = SeatTier { min_seats: 2, max_seats: Some(50), price_per_seat_minor: 1_000 };
        let seat_tiers = SeatTiers::parse(SeatTierType::Volume, vec![tier]).expect("tiers");
        Self::new(
            db,
            organization_id,
            PriceAmount::SeatBased { seat_tiers },
            Some(RecurringInterval::MONTHLY),
            None,
        )
        .await
    }

    /// The input that subscribes the member's customer to it.
    pub fn start_for(&self, member: &MemberActor, seats: Option<i32>) -> StartSubscription {
        StartSubscription {
            organization_id: self.organization_id,
            customer_id: member.customer_id,
            product_id: self.product_id,
            price_id: self.price_id,
            seats,
            discount_id: None,
        }
    }

    /// Subscribes the member's customer to it.
    ///
    /// # Panics
    /// When that is refused.
    pub async fn subscribe(&self, db: &TestDb, member: &MemberActor) -> StartedSubscription {
        subscription::start(&db.pool, &mut db.cx(), self.start_for(member, None))
            .await
            .expect("a subscription")
    }
}

/// Pro at €29.00 a month for the member's customer.
///
/// # Panics
/// When that is refused.
pub async fn subscribed(db: &TestDb, member: &MemberActor) -> StartedSubscription {
    Offer::monthly(db, member.organization_id).await.subscribe(db, member).await
}

/// Pro at €10.00 per seat and month for the member's customer.
///
/// # Panics
/// When that is refused.
pub async fn subscribed_with_seats(
    db: &TestDb,
    member: &MemberActor,
    seats: i32,
) -> StartedSubscription {
    let offer = Offer::per_seat(db, member.organization_id).await;
    subscription::start(&db.pool, &mut db.cx(), offer.start_for(member, Some(seats)))
        .await
        .expect("a subscription")
}

/// So many basis points off (2,500 is a quarter).
///
/// # Panics
/// When it cannot be made.
pub async fn percent_off(
    db: &TestDb,
    organization_id: OrganizationId,
    basis_points: i32,
    duration: DiscountDuration,
) -> DiscountId {
    discount(db, organization_id, DiscountAmount::Percentage { basis_points }, duration).await
}

/// A fixed amount off, in the currencies that are named.
///
/// # Panics
/// When it cannot be made.
pub async fn amount_off(
    db: &TestDb,
    organization_id: OrganizationId,
    amounts: Vec<Money>,
    duration: DiscountDuration,
) -> DiscountId {
    discount(db, organization_id, DiscountAmount::Fixed { amounts }, duration).await
}

async fn discount(
    db: &TestDb,
    organization_id: OrganizationId,
    amount: DiscountAmount,
    duration: DiscountDuration,
) -> DiscountId {
    let input = CreateDiscount::of(organization_id, "Welcome", amount, duration);
    discount::create(&db.pool, &mut db.cx(), input).await.expect("a discount")
}

/// From now on the sandbox charges the organization's customers, and each has a card that pays; [`payment::set_behavior`] makes it
/// behave otherwise.
///
/// # Panics
/// When that is refused.
pub async fn charged(db: &TestDb, organization_id: OrganizationId) {
    payment::choose_processor(&db.pool, &mut db.cx(), organization_id, ProcessorChoice::Sandbox)
        .await
        .expect("a choice");
    let customers: Vec<uuid::Uuid> = sqlx::query_scalar(
        "select customer_id from customer where organization_id = $1 and default_payment_method_id is null",
    )
    .bind(organization_id.as_uuid())
    .fetch_all(&db.pool)
    .await
    .expect("the customers");
    for customer_id in customers {
        card(db, organization_id, customer_id.into()).await;
    }
}

/// A saved card that pays, the customer's default.
///
/// # Panics
/// When it cannot be made.
pub async fn card(db: &TestDb, organization_id: OrganizationId, customer_id: CustomerId) {
    let card = SandboxCard::new(SandboxBehavior::Approve);
    payment::give_card(&db.pool, &mut db.cx(), organization_id, customer_id, card)
        .await
        .expect("a card");
}

/// The sandbox on the test's database.
pub fn sandbox(db: &TestDb) -> Sandbox {
    Sandbox::new(db.pool.clone())
}

/// The sandbox as the only processor.
pub fn processors(db: &TestDb) -> Processors {
    Processors::default().with(sandbox(db))
}

/// Makes the organization a German seller that is registered for VAT in the EU; prices are without tax.
///
/// # Panics
/// When that is refused.
pub async fn german_seller(db: &TestDb, organization_id: OrganizationId) {
    organization::update_seller(&db.pool, &mut db.cx(), german_seller_of(organization_id))
        .await
        .expect("a seller");
}

/// The input that makes an organization a German seller.
pub fn german_seller_of(organization_id: OrganizationId) -> UpdateSeller {
    UpdateSeller {
        organization_id,
        legal_name: "Acme Software GmbH".into(),
        address: AddressInput { line1: "Hauptstr. 5".into(), ..german_details().address },
        tax_id: "DE224559503".into(),
        collects_eu_tax: true,
        tax_countries: vec![],
        tax_behavior: TaxBehavior::Exclusive,
    }
}

/// Gives the member's customer a German name and address: its next orders bear 19 % when the seller collects tax.
///
/// # Panics
/// When that is refused.
pub async fn german_buyer(db: &TestDb, member: &MemberActor) {
    let mut cx = db.cx_of(member.clone());
    customer::update_billing_details(
        &db.pool,
        &mut cx,
        member.organization_id,
        member.customer_id,
        german_details(),
    )
    .await
    .expect("billing details");
}

/// A person in Berlin.
pub fn german_details() -> UpdateBillingDetails {
    UpdateBillingDetails {
        name: "Ada Lovelace".into(),
        company: String::new(),
        address: AddressInput {
            line1: "Torstr. 1".into(),
            postal_code: "10119".into(),
            city: "Berlin".into(),
            country: "DE".into(),
            ..AddressInput::default()
        },
        tax_id: String::new(),
    }
}

/// Lets the customers of the organization do whatever there is.
///
/// # Panics
/// When the settings are refused.
pub async fn everything_allowed(db: &TestDb, organization_id: OrganizationId) {
    let input = UpdatePortalSettings::everything(organization_id);
    organization::update_portal_settings(&db.pool, &mut db.cx(), input).await.expect("settings");
}

/// A change of the subscription that waits for its payment, as if its customer had confirmed a quote.
///
/// # Panics
/// When the database refuses.
pub async fn change_pending(db: &TestDb, subscription_id: SubscriptionId) {
    let quote_id: uuid::Uuid = db.cx().new_id();
    for statement in [
        "insert into quote (organization_id, quote_id, customer_id, subscription_id, kind, request, result, subscription_revision,
            due_now_minor, currency, created_at, expires_at, redeemed_at)
         select organization_id, $2, customer_id, subscription_id, 'seats', '{}', '{}', revision, 100, currency, $3, $3 + '1 hour'::interval, $3
         from subscription where subscription_id = $1",
        "insert into subscription_change (organization_id, subscription_change_id, subscription_id, customer_id, quote_id, kind, state, created_at)
         select organization_id, $2, subscription_id, customer_id, $2, 'seats', 'pending', $3
         from subscription where subscription_id = $1",
    ] {
        sqlx::query(statement)
            .bind(subscription_id.as_uuid())
            .bind(quote_id)
            .bind(db.now())
            .execute(&db.pool)
            .await
            .expect("a change");
    }
}

/// A change that waits for the end of the period: to another offer, or to another number of seats.
///
/// # Panics
/// When the database refuses.
pub async fn update_scheduled(
    db: &TestDb,
    subscription_id: SubscriptionId,
    to: Option<Offer>,
    seats: Option<i32>,
) {
    sqlx::query(
        "insert into subscription_pending_update
            (organization_id, subscription_id, pending_update_id, product_id, price_id, seats, applies_at, created_at)
         select organization_id, subscription_id, $2, $3, $4, $5, current_period_end, $6 from subscription where subscription_id = $1",
    )
    .bind(subscription_id.as_uuid())
    .bind(db.cx().new_id::<uuid::Uuid>())
    .bind(to.map(|offer| offer.product_id.as_uuid()))
    .bind(to.map(|offer| offer.price_id.as_uuid()))
    .bind(seats)
    .bind(db.now())
    .execute(&db.pool)
    .await
    .expect("a scheduled change");
}

/// A part of a period that waits for the next order.
///
/// # Panics
/// When the database refuses.
pub async fn part_waits(
    db: &TestDb,
    organization_id: OrganizationId,
    subscription_id: SubscriptionId,
    amount_minor: i64,
) {
    let kind = if amount_minor < 0 {
        OrderLineKind::ProrationCredit
    } else {
        OrderLineKind::ProrationDebit
    };
    let line = OrderLine { kind, ..OrderLine::of_period("Pro", None, amount_minor, None) };
    let mut tx = db.pool.begin().await.expect("a transaction");
    proration::insert(&mut tx, &mut db.cx(), organization_id, subscription_id, &line)
        .await
        .expect("a part");
    tx.commit().await.expect("a commit");
}
