//! Writes that are sent twice with the same `Idempotency-Key`.

use axum::{
    body::Body,
    http::{Method, Request},
};
use backend::test_support::{
    billing::{self, Offer},
    fixtures,
};
use domain::scope::Scope;
use serde_json::{Value, json};

use super::{access_token, customer_token};
use crate::support::{Answer, TestApp};

struct Write {
    method: Method,
    path: String,
    body: Value,
}

impl Write {
    fn new(method: Method, path: impl Into<String>, body: Value) -> Self {
        Self { method, path: path.into(), body }
    }
}

async fn send(app: &TestApp, token: &str, key: &str, write: &Write) -> Answer {
    let body = if write.body.is_null() { String::new() } else { write.body.to_string() };
    let mut request = Request::builder()
        .method(write.method.clone())
        .uri(&write.path)
        .header("idempotency-key", key);
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    app.send(request.body(Body::from(body)).unwrap()).await
}

/// As if the process had died before it could keep its answers.
async fn forget_answers(app: &TestApp) {
    sqlx::query("update idempotency_key set answer = null, claimed_until = created_at")
        .execute(&app.db.pool)
        .await
        .unwrap();
}

async fn events(app: &TestApp) -> usize {
    fixtures::event_types(&app.db).await.len()
}

/// Sends a write with a key, again, and again after a crash: the same answer each time, and nothing happens twice.
async fn assert_once(app: &TestApp, token: &str, write: &Write) -> Answer {
    let key = format!("key of {} {}", write.method, write.body);
    app.db.settled().await;
    let first = send(app, token, &key, write).await;
    assert!(first.status < 300, "{} {}: {first:?}", write.method, write.path);
    assert_eq!(first.header("idempotency-replayed"), "");
    app.db.settled().await;
    let after = events(app).await;
    let again = send(app, token, &key, write).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.header("content-type"), first.header("content-type"));
    forget_answers(app).await;
    let carried_on = send(app, token, &key, write).await;
    assert_eq!(carried_on.status, first.status, "{}: {}", write.path, carried_on.body);
    assert_eq!(carried_on.header("idempotency-replayed"), "");
    let is_session = write.path.starts_with("/v1/customer-sessions");
    if is_session {
        // The token is the same; the code that signs a browser in is another one, and works as well.
        assert_eq!(carried_on.json()["token"], first.json()["token"]);
    } else {
        assert_eq!(carried_on.body, first.body);
    }
    assert_eq!(events(app).await, after + usize::from(is_session), "{}", write.path);
    first
}

#[tokio::test]
async fn writes_are_done_once_also_after_a_crash() {
    let app = TestApp::start().await;
    let organization_id = app.organization.id;
    billing::charged(&app.db, organization_id).await;
    billing::everything_allowed(&app.db, organization_id).await;
    let ada = fixtures::member(&app.db, organization_id, "ada@example.com").await;
    let session = customer_token(&app, &ada).await;
    let backend = access_token(&app, organization_id, Scope::ALL).await;
    let subscribed = billing::subscribed_with_seats(&app.db, &ada, 2).await;
    let order = format!("/v1/customer-portal/orders/{}/confirm-payment", subscribed.order_id);
    let method: uuid::Uuid = sqlx::query_scalar("select payment_method_id from payment_method")
        .fetch_one(&app.db.pool)
        .await
        .unwrap();
    let paid = assert_once(
        &app,
        &session,
        &Write::new(Method::POST, order, json!({ "payment_method_id": method })),
    )
    .await;
    assert_eq!(paid.json()["status"], "succeeded");

    let me = "/v1/customer-portal/customers/me";
    let details = json!({
        "billing_name": "Ada", "billing_address": { "line1": "1 Main St", "postal_code": "10115", "city": "Berlin", "country": "DE" },
        "default_payment_method_id": method,
    });
    assert_once(&app, &session, &Write::new(Method::PATCH, me, details)).await;

    let subscription = format!("/v1/customer-portal/subscriptions/{}", subscribed.subscription_id);
    let patch = |body| Write::new(Method::PATCH, &subscription, body);
    let seats = assert_once(&app, &session, &patch(json!({ "seats": 5 }))).await;
    assert_eq!(seats.json()["seats"], 5);
    for body in [
        json!({ "cancel_at_period_end": true }),
        json!({ "cancel_at_period_end": false }),
        json!({ "pause_at_period_end": true }),
        json!({ "pause_at_period_end": false }),
    ] {
        assert_once(&app, &session, &patch(body)).await;
    }
    assert_once(&app, &session, &Write::new(Method::DELETE, &subscription, Value::Null)).await;

    let sessions = json!({ "customer_id": ada.customer_id });
    assert_once(&app, &backend, &Write::new(Method::POST, "/v1/customer-sessions", sessions)).await;
}

#[tokio::test]
async fn a_charge_is_taken_once_however_often_it_is_asked_for() {
    let app = TestApp::start().await;
    billing::charged(&app.db, app.organization.id).await;
    billing::everything_allowed(&app.db, app.organization.id).await;
    let ada = fixtures::member(&app.db, app.organization.id, "ada@example.com").await;
    let session = customer_token(&app, &ada).await;
    let subscribed = billing::subscribed_with_seats(&app.db, &ada, 2).await;
    let path = format!("/v1/customer-portal/subscriptions/{}", subscribed.subscription_id);
    let write = Write::new(Method::PATCH, path, json!({ "seats": 6 }));
    let answers =
        futures::future::join_all((0..8).map(|_| send(&app, &session, "once", &write))).await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(done >= 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!((answer.status, &answer.json()["error"]), (409, &json!("IdempotencyKeyInUse")));
    }
    assert_eq!(send(&app, &session, "once", &write).await.status, 200);
    let attempts: i64 = sqlx::query_scalar(
        "select count(*) from payment_attempt where trigger = 'subscription_update'",
    )
    .fetch_one(&app.db.pool)
    .await
    .unwrap();
    assert_eq!(attempts, 1);
}

#[tokio::test]
async fn a_key_is_for_one_request_of_one_caller_for_a_day() {
    let app = TestApp::start().await;
    let organization_id = app.organization.id;
    let ada = fixtures::member(&app.db, organization_id, "ada@example.com").await;
    let bob = fixtures::member(&app.db, organization_id, "bob@example.com").await;
    let offer = Offer::monthly(&app.db, organization_id).await;
    let (ada_token, bob_token) =
        (customer_token(&app, &ada).await, customer_token(&app, &bob).await);
    let subscription_id = offer.subscribe(&app.db, &ada).await.subscription_id;
    let path = format!("/v1/customer-portal/subscriptions/{subscription_id}");
    let cancel = Write::new(Method::PATCH, &path, json!({ "cancel_at_period_end": true }));
    let keep = Write::new(Method::PATCH, &path, json!({ "cancel_at_period_end": false }));
    app.db.settled().await;
    assert_eq!(send(&app, &ada_token, "k", &cancel).await.status, 200);
    let reused = send(&app, &ada_token, "k", &keep).await;
    assert_eq!((reused.status, &reused.json()["error"]), (409, &json!("IdempotencyKeyReused")));
    // Another's key of the same name is another key.
    assert_eq!(send(&app, &bob_token, "k", &cancel).await.status, 404);
    // A refusal is an answer too.
    assert_eq!(send(&app, &bob_token, "k", &cancel).await.header("idempotency-replayed"), "true");
    for wrong in ["", "ä", &"x".repeat(256)] {
        let answer = send(&app, &ada_token, wrong, &keep).await;
        assert_eq!(answer.status, 422, "{wrong}");
        assert_eq!(answer.json()["detail"][0]["loc"], json!(["header", "Idempotency-Key"]));
    }
    // What is stored tells nothing of the answer.
    let (answer,): (Vec<u8>,) =
        sqlx::query_as("select answer from idempotency_key where answer is not null limit 1")
            .fetch_one(&app.db.pool)
            .await
            .unwrap();
    assert!(!answer.windows(5).any(|part| part == b"\"id\":" || part == b"statu"));
    sqlx::query("update idempotency_key set created_at = created_at - interval '1 day'")
        .execute(&app.db.pool)
        .await
        .unwrap();
    app.db.settled().await;
    let later = send(&app, &ada_token, "k", &keep).await;
    assert_eq!((later.status, later.header("idempotency-replayed")), (200, ""));
}
