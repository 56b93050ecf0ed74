//! Buying on the page of a checkout, without script: from its address to the subscription and the signed-in portal.

use axum::{body::Body, http::Request};
use backend::{
    actor::Actor,
    checkout::{self, CreateCheckout},
    test_support::{
        billing::{Offer, charged, german_seller},
        fixtures,
    },
};

use crate::support::{Answer, SANDBOX_URL, TestApp};

const PORTAL: &str = "http://127.0.0.1:3000";
const PAYS: &str = "5555555555554444";
const DECLINES: &str = "4000000000009995";
const TYPED: &str = "email=ada%40example.com&billing_name=Ada+Lovelace&country=DE&line1=Torstr.+1&postal_code=10119&city=Berlin";

/// A checkout of a German seller, and the path of its page.
struct Shop {
    app: TestApp,
    page: String,
    secret: String,
}

impl Shop {
    async fn new() -> Self {
        let app = TestApp::start().await;
        charged(&app.db, app.organization.id).await;
        german_seller(&app.db, app.organization.id).await;
        let offer = Offer::monthly(&app.db, app.organization.id).await;
        Self::selling(app, offer).await
    }

    async fn selling(app: TestApp, offer: Offer) -> Self {
        let input = CreateCheckout {
            organization_id: app.organization.id,
            product_ids: vec![offer.product_id],
            currency: None,
            customer: None,
            min_seats: None,
            max_seats: None,
            details: checkout::CheckoutChange::default(),
        };
        let id = checkout::create(&app.db.pool, &mut app.db.cx(), input).await.unwrap();
        let secret = checkout::client_secret(&app.state.portal.secret, app.organization.id, id);
        let to = app.get(&format!("/checkout/{secret}"), "").await;
        assert_eq!(to.status, 303);
        let page = to.location().to_owned();
        assert_eq!(page, format!("/acme/portal/checkout/{secret}"));
        Self { app, page, secret }
    }

    async fn open(&self, cookies: &str) -> Answer {
        let request = Request::get(&self.page).header("cookie", cookies);
        let request = request.header("accept", "text/html").body(Body::empty());
        self.app.send(request.unwrap()).await
    }

    /// Sends the form with what its button said.
    async fn send(&self, shown_minor: &str, typed: &str) -> Answer {
        self.app.db.settled().await;
        let fields = format!(
            "_form=checkout%2Fbuy&organization=acme&token={}&shown_minor={shown_minor}&{typed}",
            self.secret
        );
        self.app.post(&self.page, "", &fields).await
    }

    /// Enters a card at the sandbox; answers where the portal leads on to.
    async fn card(&self, url: &str, number: &str) -> String {
        assert!(url.starts_with(&format!("{SANDBOX_URL}/setups/")), "{url}");
        let typed = format!("number={number}&expiry=12%2F39&cvc=123&name=Ada");
        let entered = self.app.at_sandbox(url, Some(&typed)).await;
        let back = self.app.get(entered.location().strip_prefix(PORTAL).unwrap(), "").await;
        assert_eq!(back.status, 303, "{}", back.body);
        back.location().to_owned()
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.app.db.pool).await.unwrap()
    }
}

#[tokio::test]
async fn from_the_address_to_the_subscription_and_the_portal() {
    let shop = Shop::new().await;
    let page = shop.open("").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Pro from acme Ltd"), "{}", page.body);
    assert!(page.body.contains("Show what it comes to"), "{}", page.body);
    assert!(!page.body.contains("<script"), "{}", page.body);

    let shown = shop.send("", TYPED).await;
    assert_eq!(
        (shown.status, shown.location()),
        (303, format!("{}?done=changed", shop.page).as_str())
    );
    let page = shop.open("").await;
    // Net, tax, total, and the amount on the button.
    for part in ["29.00", "Tax, 19 %", "5.51", "Pay €34.51", "name=\"shown_minor\" value=\"3451\""]
    {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let sent = shop.send("3451", TYPED).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let cookie = sent.cookies().join("; ");
    assert!(cookie.contains("_checkout=foyer_cob_"), "{cookie}");
    let back = shop.card(sent.location(), PAYS).await;
    assert_eq!(back, format!("{}?done=paid", shop.page));
    assert_eq!(shop.count("select count(*) from subscription where status = 'active'").await, 1);

    // Another browser sees what was bought, and is not signed in; the one that bought is, once.
    let stranger = shop.open("").await;
    assert_eq!(stranger.status, 200);
    assert!(stranger.body.contains("You have Pro from acme Ltd"), "{}", stranger.body);
    let signing_in = shop.open(&cookie).await;
    assert_eq!(signing_in.status, 302, "{}", signing_in.body);
    let code = signing_in.location().strip_prefix(PORTAL).unwrap_or(signing_in.location());
    let signed_in = shop.app.get(code, &cookie).await;
    let bought = format!("{}?done=bought", shop.page);
    assert_eq!((signed_in.status, signed_in.location()), (303, bought.as_str()));
    let session = signed_in.cookies().join("; ");
    let bought = shop.open(&format!("{cookie}; {session}")).await;
    assert!(bought.body.contains("Go to your account"), "{}", bought.body);
    assert_eq!(shop.app.get("/acme/portal", &session).await.status, 200);
    // Sent once more, nothing is bought twice.
    let again = shop.send("3451", TYPED).await;
    assert_eq!((again.status, again.location()), (303, shop.page.as_str()));
    assert_eq!(shop.count("select count(*) from subscription").await, 1);
    assert_eq!(shop.count("select count(*) from sandbox.payment").await, 1);
}

#[tokio::test]
async fn a_declined_card_is_told_and_another_one_buys() {
    let shop = Shop::new().await;
    shop.send("", TYPED).await;
    let sent = shop.send("3451", TYPED).await;
    let back = shop.card(sent.location(), DECLINES).await;
    assert_eq!(back, format!("{}?done=declined", shop.page));
    let page = shop.open("").await;
    assert!(page.body.contains("The payment was declined"), "{}", page.body);
    assert!(page.body.contains("Pay €34.51"), "{}", page.body);
    shop.app.clock.advance(time::Duration::minutes(1));
    let sent = shop.send("3451", TYPED).await;
    assert_eq!(shop.card(sent.location(), PAYS).await, format!("{}?done=paid", shop.page));
    assert_eq!(shop.count("select count(*) from subscription").await, 1);
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field() {
    let shop = Shop::new().await;
    for (typed, field) in [
        ("email=nobody&country=DE", "email-error"),
        ("email=ada%40example.com&country=", "country-error"),
        (
            "email=ada%40example.com&billing_name=Ada&country=DE&line1=x&postal_code=1&city=x",
            "postal_code-error",
        ),
        (
            "email=ada%40example.com&billing_name=Ada&country=DE&discount_code=NOTHING",
            "discount_code-error",
        ),
    ] {
        let answer = shop.send("", typed).await;
        assert_eq!(answer.status, 422, "{typed}: {}", answer.body);
        assert!(answer.body.contains(&format!("id=\"{field}\"")), "{field}: {}", answer.body);
    }
    assert_eq!(shop.count("select count(*) from customer").await, 0);
}

#[tokio::test]
async fn another_amount_than_shown_is_shown_first() {
    let shop = Shop::new().await;
    shop.send("", TYPED).await;
    // A number that proves a business elsewhere: no tax, so another total.
    let other = TYPED
        .replace("country=DE", "country=US")
        .replace("city=Berlin", "city=Albany&state=NY")
        .replace("10119", "12207");
    let answer = shop.send("3451", &other).await;
    assert_eq!(answer.location(), format!("{}?done=changed", shop.page));
    assert!(shop.open("").await.body.contains("Pay €29.00"));
    assert_eq!(shop.count("select count(*) from payment_method_setup").await, 0);
}

#[tokio::test]
async fn a_known_address_is_sent_to_sign_in() {
    let shop = Shop::new().await;
    fixtures::member(&shop.app.db, shop.app.organization.id, "ada@example.com").await;
    shop.send("", TYPED).await;
    let sent = shop.send("3451", TYPED).await;
    let cookie = sent.cookies().join("; ");
    shop.card(sent.location(), PAYS).await;
    let page = shop.open(&cookie).await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("To sign-in") && !page.body.contains("Go to your account"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn a_trial_says_when_it_is_charged_first_and_what_is_free_begins_at_once() {
    let app = TestApp::start().await;
    charged(&app.db, app.organization.id).await;
    let offer = Offer::with_trial(&app.db, app.organization.id).await;
    let shop = Shop::selling(app, offer).await;
    assert!(shop.open("").await.body.contains("Free until"));
    shop.send("", TYPED).await;
    let sent = shop.send("0", TYPED).await;
    let back = shop.card(sent.location(), PAYS).await;
    assert_eq!(back, format!("{}?done=added", shop.page));
    let page = shop.open("").await;
    assert!(page.body.contains("The trial runs until"), "{}", page.body);
    assert_eq!(shop.count("select count(*) from sandbox.payment").await, 0);

    let app = TestApp::start().await;
    let free = domain::price::PriceAmount::Free;
    let every = Some(domain::interval::RecurringInterval::MONTHLY);
    let offer = Offer::new(&app.db, app.organization.id, free, every, None).await;
    let shop = Shop::selling(app, offer).await;
    assert!(shop.open("").await.body.contains("Begin Pro: nothing is charged"));
    let sent = shop.send("0", "email=ada%40example.com&name=Ada").await;
    let bought = format!("{}?done=bought", shop.page);
    assert_eq!((sent.status, sent.location()), (303, bought.as_str()));
    assert_eq!(shop.count("select count(*) from subscription").await, 1);
}

#[tokio::test]
async fn whoever_bought_goes_on_to_the_companys_page_and_who_comes_back_does_not() {
    let shop = Shop::new().await;
    let to = "https://shop.example.com/thanks?checkout={CHECKOUT_ID}";
    sqlx::query("update checkout set success_url = $1")
        .bind(to)
        .execute(&shop.app.db.pool)
        .await
        .unwrap();
    shop.send("", TYPED).await;
    let sent = shop.send("3451", TYPED).await;
    let back = shop.card(sent.location(), PAYS).await;
    assert_eq!(back, format!("{}?done=paid", shop.page));
    let id: uuid::Uuid = sqlx::query_scalar("select checkout_id from checkout")
        .fetch_one(&shop.app.db.pool)
        .await
        .unwrap();
    let bought = shop.app.get(&back, "").await;
    assert_eq!(bought.status, 200);
    assert_eq!(
        bought.header("refresh"),
        format!("0; url=https://shop.example.com/thanks?checkout={id}")
    );
    assert!(bought.body.contains("Continue to acme Ltd"), "{}", bought.body);
    assert_eq!(shop.open("").await.header("refresh"), "", "the address alone leads nowhere else");
}

#[tokio::test]
async fn expired_and_unknown_addresses_say_what_to_do() {
    let shop = Shop::new().await;
    shop.app.clock.advance(time::Duration::hours(24));
    let page = shop.open("").await;
    assert_eq!(page.status, 410);
    assert!(page.body.contains("This link has expired"), "{}", page.body);
    let unknown = shop.app.get("/acme/portal/checkout/foyer_c_x", "").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.body.contains("This link does not work"), "{}", unknown.body);
    assert_eq!(shop.app.get("/checkout/foyer_c_x", "").await.status, 404);
    let other = fixtures::organization(&shop.app.db, "other").await;
    let checkout_id = uuid::Uuid::from_u128(1).into();
    let foreign = checkout::client_secret(&shop.app.state.portal.secret, other, checkout_id);
    assert_eq!(shop.app.get(&format!("/acme/portal/checkout/{foreign}"), "").await.status, 404);
    let actor = Actor::Buyer { organization_id: other, checkout_id };
    assert_eq!(actor.kind(), "buyer");
}
