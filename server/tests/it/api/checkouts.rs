//! Checkouts through the API: made, filled in, confirmed, paid.

use axum::http::Method;
use backend::{
    checkout,
    payment::check_card,
    payment_method,
    test_support::{
        billing::{self, Offer},
        fixtures,
    },
};
use domain::scope::Scope;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{access_token, call};
use crate::support::TestApp;

const CHECKOUTS: &str = "/v1/checkouts/";

/// An organization that is charged for by the sandbox, and its token.
struct Shop {
    app: TestApp,
    token: String,
}

impl Shop {
    async fn new() -> Self {
        let app = TestApp::start().await;
        billing::charged(&app.db, app.organization.id).await;
        let token = access_token(&app, app.organization.id, Scope::ALL).await;
        Self { app, token }
    }

    async fn ask(&self, method: Method, path: &str, token: &str, body: &Value) -> (u16, Value) {
        self.app.db.settled().await;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = call(&self.app, method, path, token, &body).await;
        (answer.status, answer.json())
    }

    async fn staff(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        self.ask(method, path, &self.token, &body).await
    }

    /// Whoever holds the secret.
    async fn client(
        &self,
        method: Method,
        checkout: &Value,
        rest: &str,
        body: Value,
    ) -> (u16, Value) {
        let secret = checkout["client_secret"].as_str().unwrap();
        let path = format!("/v1/checkouts/client/{secret}{rest}");
        self.ask(method, &path, "", &body).await
    }

    async fn pro(&self) -> Value {
        let offer = Offer::monthly(&self.app.db, self.app.organization.id).await;
        let body = json!({ "products": [offer.product_id], "metadata": { "campaign": "spring" },
            "success_url": "https://shop.example.com/thanks?checkout={CHECKOUT_ID}" });
        let (status, made) = self.staff(Method::POST, CHECKOUTS, body).await;
        assert_eq!(status, 201, "{made}");
        made
    }
}

fn filled_in() -> Value {
    json!({ "customer_email": "ada@example.com", "customer_billing_name": "Ada Lovelace",
        "customer_billing_address": { "country": "de", "line1": "Torstr. 1", "postal_code": "10119", "city": "Berlin" } })
}

/// Name of the error and place of its first mistake.
fn refusal(body: &Value) -> (&str, Value) {
    (body["error"].as_str().unwrap_or_default(), body["detail"][0]["loc"].clone())
}

#[tokio::test]
async fn a_checkout_is_made_filled_in_confirmed_and_paid() {
    let shop = Shop::new().await;
    let made = shop.pro().await;
    let id = made["id"].as_str().unwrap().to_owned();
    let secret = made["client_secret"].as_str().unwrap();
    assert!(secret.starts_with("foyer_c_"));
    assert!(made["url"].as_str().unwrap().ends_with(&format!("/checkout/{secret}")));
    assert_eq!(made["success_url"], format!("https://shop.example.com/thanks?checkout={id}"));
    assert_eq!((&made["status"], &made["total_amount"]), (&json!("open"), &json!(2_900)));
    assert_eq!((&made["tax_amount"], &made["product"]["name"]), (&Value::Null, &json!("Pro")));
    assert_eq!(made["metadata"], json!({ "campaign": "spring" }));

    let (status, view) = shop.client(Method::PATCH, &made, "", filled_in()).await;
    assert_eq!(
        (status, &view["customer_billing_address"]["country"]),
        (200, &json!("DE")),
        "{view}"
    );
    assert_eq!(view["organization"]["slug"], "acme");
    assert!(
        view.get("metadata").is_none(),
        "what the organization notes is not the buyer's business"
    );

    let (status, confirmed) = shop.client(Method::POST, &made, "/confirm", json!({})).await;
    assert_eq!((status, &confirmed["status"]), (200, &json!("confirmed")), "{confirmed}");
    assert!(confirmed["customer_session_token"].as_str().unwrap().starts_with("foyer_cst_"));
    assert!(confirmed["payment_processor_metadata"]["card_url"].is_string());
    let (setup, form): (Uuid, String) = sqlx::query_as(
        "select payment_method_setup_id, processor_setup_id from payment_method_setup",
    )
    .fetch_one(&shop.app.db.pool)
    .await
    .unwrap();
    let (db, sandbox) = (&shop.app.db, billing::sandbox(&shop.app.db));
    let card = check_card("4242424242424242", "12/40", "123", db.now()).unwrap();
    sandbox.enter_card(&form, card, db.now()).await.unwrap();
    let all = billing::processors(db);
    payment_method::finish_setup(
        &db.pool,
        &all,
        &mut db.cx(),
        shop.app.organization.id,
        setup.into(),
    )
    .await
    .unwrap();

    let (_, bought) = shop.staff(Method::GET, &format!("/v1/checkouts/{id}"), Value::Null).await;
    assert_eq!(bought["status"], "succeeded");
    let (_, list) =
        shop.staff(Method::GET, "/v1/checkouts?status=succeeded&query=ADA@", Value::Null).await;
    assert_eq!((&list["items"][0], &list["pagination"]["total_count"]), (&bought, &json!(1)));
    for filter in
        ["status=open", "query=bob", "organization_id=00000000-0000-4000-8000-000000000000"]
    {
        let (_, none) =
            shop.staff(Method::GET, &format!("/v1/checkouts?{filter}"), Value::Null).await;
        assert_eq!(none["pagination"]["total_count"], 0, "{filter}");
    }
    let (status, again) = shop.client(Method::POST, &made, "/confirm", json!({})).await;
    assert_eq!((status, refusal(&again).0), (403, "NotOpenCheckout"));
}

#[tokio::test]
async fn each_mistake_is_told_at_its_place() {
    let shop = Shop::new().await;
    let unknown = Uuid::from_u128(7);
    for (body, at) in [
        (json!({ "products": [] }), json!(["body", "products"])),
        (json!({ "products": [unknown] }), json!(["body", "products"])),
    ] {
        let (status, answer) = shop.staff(Method::POST, CHECKOUTS, body).await;
        assert_eq!((status, refusal(&answer)), (422, ("PolarRequestValidationError", at)));
    }
    let offer = Offer::monthly(&shop.app.db, shop.app.organization.id).await;
    for (field, value) in [
        ("customer_id", json!(unknown)),
        ("discount_id", json!(unknown)),
        ("customer_email", json!("nobody")),
        ("success_url", json!("javascript:alert(1)")),
        ("seats", json!(2)),
        ("currency", json!("x")),
        ("subscription_id", json!(unknown)),
    ] {
        let body = json!({ "products": [offer.product_id], field: value });
        let (status, answer) = shop.staff(Method::POST, CHECKOUTS, body).await;
        assert_eq!((status, refusal(&answer).1), (422, json!(["body", field])), "{answer}");
    }
    let made = shop.pro().await;
    let (status, answer) = shop.client(Method::POST, &made, "/confirm", json!({})).await;
    assert_eq!((status, refusal(&answer).1), (422, json!(["body", "customer_email"])));
    let body = json!({ "customer_email": "ada@example.com", "customer_billing_name": "Ada",
        "customer_billing_address": { "country": "DE" } });
    let (status, answer) = shop.client(Method::POST, &made, "/confirm", body).await;
    assert_eq!(
        (status, refusal(&answer).1),
        (422, json!(["body", "customer_billing_address", "line1"]))
    );
}

#[tokio::test]
async fn what_belongs_to_others_is_not_found() {
    let shop = Shop::new().await;
    let made = shop.pro().await;
    let other = fixtures::organization(&shop.app.db, "other").await;
    let token = access_token(&shop.app, other, Scope::ALL).await;
    let path = format!("/v1/checkouts/{}", made["id"].as_str().unwrap());
    for method in [Method::GET, Method::PATCH] {
        let (status, _) = shop.ask(method, &path, &token, &json!({})).await;
        assert_eq!(status, 404);
    }
    let damaged =
        json!({ "client_secret": format!("{}x", made["client_secret"].as_str().unwrap()) });
    assert_eq!(shop.client(Method::GET, &damaged, "", Value::Null).await.0, 404);
}

#[tokio::test]
async fn an_address_that_is_known_gives_no_session() {
    let shop = Shop::new().await;
    fixtures::member(&shop.app.db, shop.app.organization.id, "ada@example.com").await;
    let made = shop.pro().await;
    let (status, confirmed) = shop.client(Method::POST, &made, "/confirm", filled_in()).await;
    assert_eq!((status, &confirmed["customer_session_token"]), (200, &Value::Null), "{confirmed}");
}

#[tokio::test]
async fn after_a_day_it_is_gone() {
    let shop = Shop::new().await;
    let made = shop.pro().await;
    shop.app.clock.advance(time::Duration::hours(24));
    shop.app.db.clock.advance(time::Duration::hours(24));
    for (method, rest) in [(Method::GET, ""), (Method::PATCH, ""), (Method::POST, "/confirm")] {
        let body = if method == Method::GET { Value::Null } else { filled_in() };
        let (status, answer) = shop.client(method, &made, rest, body).await;
        assert_eq!((status, refusal(&answer).0), (410, "ExpiredCheckoutError"));
    }
    checkout::expire_due(&shop.app.db.pool, &mut shop.app.db.cx(), 10).await.unwrap();
    let path = format!("/v1/checkouts/{}", made["id"].as_str().unwrap());
    let (_, expired) = shop.staff(Method::GET, &path, Value::Null).await;
    assert_eq!(expired["status"], "expired");
}
