//! Every state, repeated, concurrent, interrupted.

use domain::checkout::{CheckoutState, CustomerMatch};
use domain::discount::{DiscountAmount, DiscountDuration};
use domain::id::{CheckoutId, OrganizationId, SubscriptionId};
use domain::money::{Currency, Money};
use domain::payment::{DeclineCode, PaymentOutcome};
use domain::subscription::SubscriptionStatus;
use time::Duration;
use uuid::Uuid;

use super::{
    Change, CheckoutChange, CheckoutError, CheckoutRecord, ConfirmCheckout, ConfirmedCheckout,
    CreateCheckout, DiscountChoice, confirm, create, expire_due, get, hand_over, update,
};
use crate::actor::Actor;
use crate::api_session::Whom;
use crate::invariants;
use crate::payment::{self, check_card};
use crate::payment_method::{self, FinishedSetup};
use crate::test_support::billing::{
    Offer, charged, german_details, german_seller, percent_off, processors, sandbox,
};
use crate::test_support::{TestDb, fixtures};

const PAYS: &str = "4242424242424242";
const DECLINES: &str = "4000000000009995";
const ASKS: &str = "4000002760003184";

/// A shop that is charged for by the sandbox.
struct Shop {
    db: TestDb,
    organization_id: OrganizationId,
}

impl Shop {
    async fn new() -> Self {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        charged(&db, organization_id).await;
        Self { db, organization_id }
    }

    fn input(&self, offer: Offer) -> CreateCheckout {
        CreateCheckout {
            organization_id: self.organization_id,
            product_ids: vec![offer.product_id],
            currency: None,
            customer: None,
            min_seats: None,
            max_seats: None,
            details: CheckoutChange::default(),
        }
    }

    async fn create(&self, input: CreateCheckout) -> CheckoutId {
        create(&self.db.pool, &mut self.db.cx(), input).await.unwrap()
    }

    /// Pro at €29.00 a month, filled in.
    async fn pro(&self) -> CheckoutId {
        let offer = Offer::monthly(&self.db, self.organization_id).await;
        let checkout_id = self.create(self.input(offer)).await;
        self.fill(checkout_id, "ada@example.com").await;
        checkout_id
    }

    fn buyer(&self, checkout_id: CheckoutId) -> Actor {
        Actor::Buyer { organization_id: self.organization_id, checkout_id }
    }

    async fn change(
        &self,
        checkout_id: CheckoutId,
        change: CheckoutChange,
    ) -> Result<CheckoutId, CheckoutError> {
        let mut cx = self.db.cx_of(self.buyer(checkout_id));
        update(&self.db.pool, &mut cx, self.organization_id, checkout_id, change).await
    }

    async fn fill(&self, checkout_id: CheckoutId, email: &str) {
        let details = german_details();
        let change = CheckoutChange {
            email: Change::To(email.into()),
            billing_name: Change::To(details.name),
            billing_address: Change::To(details.address),
            ..CheckoutChange::default()
        };
        self.change(checkout_id, change).await.unwrap();
    }

    async fn confirm(&self, checkout_id: CheckoutId) -> Result<ConfirmedCheckout, CheckoutError> {
        self.confirm_for(checkout_id, None).await
    }

    async fn confirm_for(
        &self,
        checkout_id: CheckoutId,
        expected: Option<Money>,
    ) -> Result<ConfirmedCheckout, CheckoutError> {
        self.db.settled().await;
        let input = ConfirmCheckout {
            organization_id: self.organization_id,
            checkout_id,
            expected,
            return_path: "/acme/portal/checkout/x".into(),
            browser_hash: Some(crate::token::hash("browser")),
        };
        let mut cx = self.db.cx_of(self.buyer(checkout_id));
        confirm(&self.db.pool, &processors(&self.db), &mut cx, input).await
    }

    /// The newest form for a card, as the portal and the processor know it.
    async fn form(&self) -> (Uuid, String) {
        sqlx::query_as(
            "select payment_method_setup_id, processor_setup_id from payment_method_setup
             order by created_at desc, payment_method_setup_id desc limit 1",
        )
        .fetch_one(&self.db.pool)
        .await
        .unwrap()
    }

    async fn enter(&self, form: &(Uuid, String), number: &str) {
        let card = check_card(number, "12/40", "123", self.db.now()).unwrap();
        let sandbox = sandbox(&self.db);
        sandbox.enter_card(&form.1, card, self.db.now()).await.unwrap();
        sandbox.answer_setup(&form.1, true).await.unwrap();
    }

    async fn come_back(&self, form: &(Uuid, String)) -> FinishedSetup {
        let (pool, processors) = (&self.db.pool, processors(&self.db));
        let organization_id = self.organization_id;
        payment_method::finish_setup(
            pool,
            &processors,
            &mut self.db.cx(),
            organization_id,
            form.0.into(),
        )
        .await
        .unwrap()
    }

    /// Confirms, enters the card and comes back.
    async fn pay(&self, checkout_id: CheckoutId, number: &str) -> FinishedSetup {
        assert!(self.confirm(checkout_id).await.unwrap().card_url.is_some());
        let form = self.form().await;
        self.enter(&form, number).await;
        self.come_back(&form).await
    }

    async fn get(&self, checkout_id: CheckoutId) -> CheckoutRecord {
        let actor = self.buyer(checkout_id);
        get(&self.db.pool, &actor, self.organization_id, checkout_id, self.db.now())
            .await
            .unwrap()
            .unwrap()
    }

    async fn state(&self, checkout_id: CheckoutId) -> CheckoutState {
        self.get(checkout_id).await.state
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.db.pool).await.unwrap()
    }

    async fn charged_minor(&self) -> i64 {
        let sum = "select coalesce(sum(amount_minor), 0)::bigint from sandbox.payment where state = 'succeeded'";
        self.count(sum).await
    }

    async fn subscriptions(&self) -> i64 {
        self.count("select count(*) from subscription").await
    }

    async fn orders(&self) -> Vec<(String, i64)> {
        sqlx::query_as("select status, total_minor from orders order by created_at, order_id")
            .fetch_all(&self.db.pool)
            .await
            .unwrap()
    }

    async fn sound(&self) {
        let found = invariants::check(&self.db.pool, self.organization_id).await.unwrap();
        assert_eq!(found, vec![]);
    }
}

fn seats(seats: i32) -> CheckoutChange {
    CheckoutChange { seats: Some(seats), ..CheckoutChange::default() }
}

#[tokio::test]
async fn what_was_shown_is_charged_and_then_it_runs() {
    let shop = Shop::new().await;
    german_seller(&shop.db, shop.organization_id).await;
    let id = shop.pro().await;
    let shown = shop.get(id).await;
    assert_eq!((shown.totals.subtotal_minor, shown.totals.tax_minor), (2_900, 551));
    assert_eq!((shop.subscriptions().await, shop.orders().await), (0, vec![]));
    // An hour passes before the card is there: the period begins with the money.
    shop.confirm(id).await.unwrap();
    assert_eq!(shop.orders().await, [("draft".to_owned(), 3_451)]);
    assert_eq!(shop.subscriptions().await, 0, "nothing begins before the money is there");
    shop.db.clock.advance(Duration::hours(1));
    let form = shop.form().await;
    shop.enter(&form, PAYS).await;
    let back = shop.come_back(&form).await;
    assert_eq!(back.payment, Some(PaymentOutcome::Succeeded));
    assert_eq!(back.return_path, "/acme/portal/checkout/x");
    let bought = shop.get(id).await;
    assert_eq!(
        (bought.state, bought.customer_match),
        (CheckoutState::Succeeded, Some(CustomerMatch::Created))
    );
    assert_eq!(
        (shop.orders().await, shop.charged_minor().await),
        (vec![("paid".to_owned(), 3_451)], 3_451)
    );
    let row: (Uuid, Uuid, Uuid, time::OffsetDateTime, bool) = sqlx::query_as(
        "select s.subscription_id, s.checkout_id, o.checkout_id, o.period_start,
            s.payment_method_id is not null and s.payment_method_id = c.default_payment_method_id
         from subscription s join orders o using (organization_id, subscription_id) join customer c on c.customer_id = s.customer_id",
    )
    .fetch_one(&shop.db.pool)
    .await
    .unwrap();
    assert_eq!(Some(SubscriptionId::from(row.0)), bought.subscription_id);
    assert_eq!((CheckoutId::from(row.1), CheckoutId::from(row.2)), (id, id));
    assert_eq!((row.3, row.4), (shop.db.now(), true));
    let mails: Vec<String> =
        sqlx::query_scalar("select template from mail").fetch_all(&shop.db.pool).await.unwrap();
    assert_eq!(mails, ["subscription_confirmation"]);
    shop.sound().await;
    // Coming back once more changes nothing; confirming is over.
    shop.come_back(&form).await;
    assert!(matches!(shop.confirm(id).await, Err(CheckoutError::NotOpen)));
    assert_eq!((shop.subscriptions().await, shop.charged_minor().await), (1, 3_451));
}

#[tokio::test]
async fn a_declined_card_buys_nothing_and_another_one_can_be_tried() {
    let shop = Shop::new().await;
    let id = shop.pro().await;
    let back = shop.pay(id, DECLINES).await;
    assert_eq!(back.payment, Some(PaymentOutcome::Declined(DeclineCode::InsufficientFunds)));
    let open = shop.get(id).await;
    assert_eq!(
        (open.state, open.decline_code),
        (CheckoutState::Open, Some(DeclineCode::InsufficientFunds))
    );
    assert_eq!((shop.subscriptions().await, shop.charged_minor().await), (0, 0));
    shop.db.clock.advance(Duration::minutes(1));
    shop.pay(id, PAYS).await;
    assert_eq!(shop.state(id).await, CheckoutState::Succeeded);
    assert_eq!(shop.orders().await, [("void".to_owned(), 2_900), ("paid".to_owned(), 2_900)]);
    assert_eq!(shop.count("select count(*) from customer").await, 1);
    shop.sound().await;
}

#[tokio::test]
async fn a_trial_takes_a_card_and_charges_nothing_yet() {
    let shop = Shop::new().await;
    let offer = Offer::with_trial(&shop.db, shop.organization_id).await;
    let id = shop.create(shop.input(offer)).await;
    shop.fill(id, "ada@example.com").await;
    let quote = shop.get(id).await.quote;
    assert!(quote.needs_card && quote.due_now.totals.total.is_zero());
    let back = shop.pay(id, PAYS).await;
    assert_eq!((back.payment, shop.state(id).await), (None, CheckoutState::Succeeded));
    let status: String = sqlx::query_scalar("select status from subscription")
        .fetch_one(&shop.db.pool)
        .await
        .unwrap();
    assert_eq!(status, SubscriptionStatus::Trialing.as_str());
    assert_eq!(
        (shop.orders().await, shop.charged_minor().await),
        (vec![("paid".to_owned(), 0)], 0)
    );
    shop.sound().await;
}

#[tokio::test]
async fn what_is_free_needs_no_card_and_no_address() {
    let shop = Shop::new().await;
    let free = domain::price::PriceAmount::Free;
    let every = Some(domain::interval::RecurringInterval::MONTHLY);
    let offer = Offer::new(&shop.db, shop.organization_id, free, every, None).await;
    let id = shop.create(shop.input(offer)).await;
    assert!(
        matches!(shop.confirm(id).await, Err(CheckoutError::Invalid(errors)) if errors.first("email") == Some("required"))
    );
    let email =
        CheckoutChange { email: Change::To("ada@example.com".into()), ..CheckoutChange::default() };
    shop.change(id, email).await.unwrap();
    let confirmed = shop.confirm(id).await.unwrap();
    assert_eq!((confirmed.card_url, confirmed.customer_match), (None, CustomerMatch::Created));
    assert_eq!((shop.state(id).await, shop.subscriptions().await), (CheckoutState::Succeeded, 1));
    shop.sound().await;
}

#[tokio::test]
async fn two_forms_of_the_same_purchase_pay_once() {
    let shop = Shop::new().await;
    let id = shop.pro().await;
    shop.confirm(id).await.unwrap();
    let first = shop.form().await;
    shop.db.clock.advance(Duration::seconds(1));
    shop.confirm(id).await.unwrap();
    let second = shop.form().await;
    assert_ne!(first, second);
    for form in [&first, &second] {
        shop.enter(form, PAYS).await;
    }
    let (one, two) = tokio::join!(shop.come_back(&first), shop.come_back(&second));
    let paid = [one.payment, two.payment].iter().flatten().count();
    assert_eq!((paid, shop.charged_minor().await, shop.subscriptions().await), (1, 2_900, 1));
    shop.sound().await;
}

#[tokio::test]
async fn a_card_for_what_it_was_before_is_not_charged() {
    let shop = Shop::new().await;
    let offer = Offer::per_seat(&shop.db, shop.organization_id).await;
    let id = shop.create(shop.input(offer)).await;
    shop.fill(id, "ada@example.com").await;
    shop.change(id, seats(3)).await.unwrap();
    shop.confirm(id).await.unwrap();
    let form = shop.form().await;
    shop.change(id, seats(4)).await.unwrap();
    assert_eq!(shop.state(id).await, CheckoutState::Open);
    shop.enter(&form, PAYS).await;
    assert_eq!(shop.come_back(&form).await.payment, None);
    assert_eq!((shop.charged_minor().await, shop.subscriptions().await), (0, 0));
    for (wrong, code) in [(1, "seats_below_minimum"), (51, "seats_above_maximum")] {
        let refused = shop.change(id, seats(wrong)).await;
        assert!(
            matches!(refused, Err(CheckoutError::Invalid(errors)) if errors.first("seats") == Some(code))
        );
    }
    shop.db.clock.advance(Duration::seconds(1));
    shop.pay(id, PAYS).await;
    assert_eq!(shop.get(id).await.seats, Some(4));
    assert_eq!(shop.count("select count(*) from customer where type = 'team'").await, 1);
    shop.sound().await;
}

#[tokio::test]
async fn what_the_button_did_not_say_is_not_bought() {
    let shop = Shop::new().await;
    let id = shop.pro().await;
    let other = Some(Money::new(2_800, Currency::EUR));
    let refused = shop.confirm_for(id, other).await;
    assert!(
        matches!(refused, Err(CheckoutError::Invalid(errors)) if errors.first("amount").is_some())
    );
    assert_eq!(shop.count("select count(*) from customer").await, 0);
    assert!(shop.confirm_for(id, Some(Money::new(2_900, Currency::EUR))).await.is_ok());
}

#[tokio::test]
async fn confirming_many_times_at_once_makes_one_customer_and_one_draft() {
    let shop = Shop::new().await;
    let id = shop.pro().await;
    let all = futures_all((0..6).map(|_| shop.confirm(id))).await;
    assert!(all.iter().any(Result::is_ok));
    let fine = |it: &Result<_, _>| matches!(it, Ok(_) | Err(CheckoutError::InProgress));
    assert!(all.iter().all(fine), "{all:?}");
    assert_eq!(shop.count("select count(*) from customer").await, 1);
    assert_eq!(shop.orders().await, [("draft".to_owned(), 2_900)]);
}

/// All of them at once.
async fn futures_all<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    futures::future::join_all(all).await
}

#[tokio::test]
async fn a_charge_that_was_interrupted_is_carried_on_by_the_worker() {
    let shop = Shop::new().await;
    let id = shop.pro().await;
    shop.confirm(id).await.unwrap();
    let form = shop.form().await;
    shop.enter(&form, PAYS).await;
    // The browser never comes back: the worker asks what became of the card, and charges it.
    for _ in 0..4 {
        shop.db.clock.advance(Duration::minutes(6));
        shop.db.settled().await;
        let (pool, all) = (&shop.db.pool, processors(&shop.db));
        payment_method::run_due(pool, &all, &mut shop.db.cx(), 10).await.unwrap();
        payment::run_due(pool, &all, &mut shop.db.cx(), 10).await.unwrap();
    }
    assert_eq!(
        (shop.state(id).await, shop.charged_minor().await),
        (CheckoutState::Succeeded, 2_900)
    );
    assert_eq!(shop.subscriptions().await, 1);
    shop.sound().await;
}

#[tokio::test]
async fn an_approval_is_waited_for_and_nothing_can_be_changed_meanwhile() {
    let shop = Shop::new().await;
    let id = shop.pro().await;
    let back = shop.pay(id, ASKS).await;
    assert!(matches!(back.payment, Some(PaymentOutcome::RequiresAction { .. })));
    let waiting = shop.get(id).await;
    assert!(waiting.is_charged && waiting.action_url.is_some());
    assert!(matches!(shop.confirm(id).await, Err(CheckoutError::InProgress)));
    assert!(matches!(shop.change(id, seats(2)).await, Err(CheckoutError::InProgress)));
    shop.db.settled().await;
    // It does not expire under the buyer's hands.
    shop.db.clock.advance(Duration::hours(24));
    expire_due(&shop.db.pool, &mut shop.db.cx(), 10).await.unwrap();
    assert_eq!(shop.state(id).await, CheckoutState::Confirmed);
    let attempt: Uuid = sqlx::query_scalar("select payment_attempt_id from payment_attempt")
        .fetch_one(&shop.db.pool)
        .await
        .unwrap();
    sandbox(&shop.db).finish_action(attempt.into(), true).await.unwrap();
    payment::run_due(&shop.db.pool, &processors(&shop.db), &mut shop.db.cx(), 10).await.unwrap();
    assert_eq!(
        (shop.state(id).await, shop.charged_minor().await),
        (CheckoutState::Succeeded, 2_900)
    );
    shop.sound().await;
}

#[tokio::test]
async fn after_a_day_it_expires_and_its_draft_with_it() {
    let shop = Shop::new().await;
    let id = shop.pro().await;
    shop.confirm(id).await.unwrap();
    let form = shop.form().await;
    shop.db.clock.advance(Duration::hours(24));
    assert!(matches!(shop.confirm(id).await, Err(CheckoutError::Expired)));
    shop.db.settled().await;
    assert_eq!(expire_due(&shop.db.pool, &mut shop.db.cx(), 10).await.unwrap(), 1);
    assert_eq!(expire_due(&shop.db.pool, &mut shop.db.cx(), 10).await.unwrap(), 0);
    assert_eq!(
        (shop.state(id).await, shop.orders().await),
        (CheckoutState::Expired, vec![("void".to_owned(), 2_900)])
    );
    assert!(fixtures::event_types(&shop.db).await.contains(&"checkout.expired".to_owned()));
    shop.enter(&form, PAYS).await;
    shop.come_back(&form).await;
    assert_eq!((shop.subscriptions().await, shop.charged_minor().await), (0, 0));
    shop.sound().await;
}

#[tokio::test]
async fn somebody_elses_address_replaces_nothing_and_signs_nobody_in() {
    let shop = Shop::new().await;
    let ada = fixtures::member(&shop.db, shop.organization_id, "ada@example.com").await;
    crate::test_support::billing::german_buyer(&shop.db, &ada).await;
    let offer = Offer::monthly(&shop.db, shop.organization_id).await;
    let id = shop.create(shop.input(offer)).await;
    shop.fill(id, "ADA@example.com").await;
    let other =
        CheckoutChange { billing_name: Change::To("Eve".into()), ..CheckoutChange::default() };
    shop.change(id, other).await.unwrap();
    shop.pay(id, PAYS).await;
    let bought = shop.get(id).await;
    assert_eq!(
        (bought.customer_id, bought.customer_match),
        (Some(ada.customer_id), Some(CustomerMatch::ByEmail))
    );
    let names: (String, String) = sqlx::query_as(
        "select c.billing_name, o.billing_name from customer c join orders o using (organization_id, customer_id)",
    )
    .fetch_one(&shop.db.pool)
    .await
    .unwrap();
    assert_eq!(names, ("Ada Lovelace".to_owned(), "Eve".to_owned()));
    let mut cx = shop.db.cx();
    let code = hand_over(&shop.db.pool, &mut cx, shop.organization_id, id, "browser", None);
    assert_eq!(code.await.unwrap(), None);
}

#[tokio::test]
async fn the_browser_that_bought_is_signed_in_once() {
    let shop = Shop::new().await;
    let id = shop.pro().await;
    let ask = async |browser: &str| {
        let (pool, organization_id) = (&shop.db.pool, shop.organization_id);
        hand_over(pool, &mut shop.db.cx(), organization_id, id, browser, None).await.unwrap()
    };
    shop.confirm(id).await.unwrap();
    assert_eq!(ask("browser").await, None, "nothing is bought yet");
    let form = shop.form().await;
    shop.enter(&form, PAYS).await;
    shop.come_back(&form).await;
    assert_eq!(ask("another").await, None);
    assert!(ask("browser").await.is_some());
    assert_eq!(ask("browser").await, None, "once");
}

#[tokio::test]
async fn a_named_customer_is_the_one_who_buys() {
    let shop = Shop::new().await;
    let ada = fixtures::member(&shop.db, shop.organization_id, "ada@example.com").await;
    let offer = Offer::monthly(&shop.db, shop.organization_id).await;
    let named =
        |customer| CreateCheckout { customer: Some(Whom::Id(customer)), ..shop.input(offer) };
    let id = shop.create(named(ada.customer_id)).await;
    let email =
        CheckoutChange { email: Change::To("eve@example.com".into()), ..CheckoutChange::default() };
    let refused = shop.change(id, email).await;
    assert!(
        matches!(refused, Err(CheckoutError::Invalid(errors)) if errors.first("email") == Some("email_fixed"))
    );
    shop.fill(id, "ada@example.com").await;
    shop.pay(id, PAYS).await;
    let bought = shop.get(id).await;
    assert_eq!(
        (bought.customer_id, bought.customer_match),
        (Some(ada.customer_id), Some(CustomerMatch::Named))
    );
    let elsewhere = fixtures::organization(&shop.db, "other").await;
    let eve = fixtures::member(&shop.db, elsewhere, "eve@example.com").await;
    let foreign = create(&shop.db.pool, &mut shop.db.cx(), named(eve.customer_id)).await;
    assert!(
        matches!(foreign, Err(CheckoutError::Invalid(errors)) if errors.first("customer_id").is_some())
    );
}

#[tokio::test]
async fn a_discount_comes_off_and_is_counted_once() {
    let shop = Shop::new().await;
    let discount_id =
        percent_off(&shop.db, shop.organization_id, 2_500, DiscountDuration::Once).await;
    sqlx::query("update discount set code = 'SPRING26', max_redemptions = 1")
        .execute(&shop.db.pool)
        .await
        .unwrap();
    let code = |code: &str| CheckoutChange {
        discount: Change::To(DiscountChoice::Code(code.into())),
        ..CheckoutChange::default()
    };
    let id = shop.pro().await;
    let wrong = shop.change(id, code("nothing")).await;
    assert!(
        matches!(wrong, Err(CheckoutError::Invalid(errors)) if errors.first("discount_code") == Some("discount_unknown"))
    );
    shop.change(id, code("spring26")).await.unwrap();
    assert_eq!(shop.get(id).await.discount_id, Some(discount_id));
    let other = shop.create(shop.input(Offer::monthly(&shop.db, shop.organization_id).await)).await;
    shop.fill(other, "bob@example.com").await;
    shop.change(other, code("SPRING26")).await.unwrap();
    // A decline gives it back; then one buys with it, and the other is charged nothing.
    shop.pay(id, DECLINES).await;
    assert_eq!(shop.count("select redemptions_count::bigint from discount").await, 0);
    shop.db.clock.advance(Duration::seconds(1));
    shop.confirm(other).await.unwrap();
    let late = shop.form().await;
    shop.db.clock.advance(Duration::seconds(1));
    shop.pay(id, PAYS).await;
    assert_eq!(
        (shop.state(id).await, shop.charged_minor().await),
        (CheckoutState::Succeeded, 2_175)
    );
    assert_eq!(shop.count("select redemptions_count::bigint from discount").await, 1);
    shop.enter(&late, PAYS).await;
    assert_eq!(shop.come_back(&late).await.payment, None);
    let open = shop.get(other).await;
    assert!(open.state == CheckoutState::Open && open.is_discount_used_up);
    assert!(matches!(shop.confirm(other).await, Err(CheckoutError::Discount(_))));
    let without = CheckoutChange { discount: Change::Empty, ..CheckoutChange::default() };
    shop.change(other, without).await.unwrap();
    shop.db.clock.advance(Duration::seconds(1));
    shop.pay(other, PAYS).await;
    assert_eq!(shop.charged_minor().await, 2_175 + 2_900);
    shop.sound().await;
    assert_eq!(DiscountAmount::Percentage { basis_points: 2_500 }.minor(2_900, Currency::EUR), 725);
}

#[tokio::test]
async fn others_may_do_nothing() {
    let shop = Shop::new().await;
    let id = shop.pro().await;
    let ada = fixtures::member(&shop.db, shop.organization_id, "ada@example.org").await;
    let stranger =
        Actor::Buyer { organization_id: shop.organization_id, checkout_id: Uuid::nil().into() };
    let pool = &shop.db.pool;
    for actor in [stranger, Actor::from(ada)] {
        let read = get(pool, &actor, shop.organization_id, id, shop.db.now()).await;
        assert!(matches!(read, Err(CheckoutError::Forbidden(_))));
        let mut cx = shop.db.cx_of(actor.clone());
        let changed = update(pool, &mut cx, shop.organization_id, id, seats(2)).await;
        assert!(matches!(changed, Err(CheckoutError::Forbidden(_))));
        let offer = Offer::monthly(&shop.db, shop.organization_id).await;
        let made = create(pool, &mut cx, shop.input(offer)).await;
        assert!(matches!(made, Err(CheckoutError::Forbidden(_))));
    }
    let staff = super::StaffChange { allow_discount_codes: Some(false), ..Default::default() };
    let own = shop.change(id, CheckoutChange { staff, ..CheckoutChange::default() }).await;
    assert!(matches!(own, Err(CheckoutError::Forbidden(_))), "what is the organization's stays");
    let elsewhere = fixtures::organization(&shop.db, "other").await;
    let unknown = update(pool, &mut shop.db.cx(), elsewhere, id, seats(2)).await;
    assert!(matches!(unknown, Err(CheckoutError::Unknown)));
}

#[tokio::test]
async fn what_is_not_sold_again_and_again_is_not_offered() {
    let shop = Shop::new().await;
    let fixed = domain::price::PriceAmount::Fixed { amount_minor: 100 };
    let once = Offer::new(&shop.db, shop.organization_id, fixed, None, None).await;
    let elsewhere = fixtures::organization(&shop.db, "other").await;
    let foreign = Offer::monthly(&shop.db, elsewhere).await;
    let dollars = Offer::in_dollars(&shop.db, shop.organization_id).await;
    let euros = Offer::monthly(&shop.db, shop.organization_id).await;
    let mixed = CreateCheckout {
        product_ids: vec![euros.product_id, dollars.product_id],
        ..shop.input(euros)
    };
    for input in [shop.input(once), shop.input(foreign), mixed] {
        let refused = create(&shop.db.pool, &mut shop.db.cx(), input).await;
        assert!(
            matches!(refused, Err(CheckoutError::Invalid(errors)) if errors.first("products") == Some("not_offered"))
        );
    }
}
