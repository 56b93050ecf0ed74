//! Webhook endpoints, their deliveries, and telling again.

use std::sync::Arc;

use axum::http::Method;
use backend::test_support::fixtures;
use domain::{id::OrganizationId, scope::Scope};
use serde_json::{Value, json};

use super::{access_token, call, get};
use crate::support::{Answer, TestApp, receiver::Receiver};

struct Case {
    app: TestApp,
    receiver: Receiver,
    token: String,
}

impl Case {
    async fn start() -> Self {
        let app = TestApp::start().await;
        let token = token_of(&app, app.organization.id).await;
        Self { app, receiver: Receiver::start().await, token }
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        call(&self.app, method, path, &self.token, &body).await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = get(&self.app, path, &self.token).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// An endpoint that is told of members.
    async fn endpoint(&self, path: &str) -> Value {
        let body = json!({ "url": self.receiver.url(path), "format": "raw", "events": ["member.created"] });
        let answer = self.send(Method::POST, "/v1/webhooks/endpoints", &body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()
    }

    async fn work(&self) {
        let worker = self.app.worker(Arc::new(self.app.mailbox.clone()));
        worker.run_once().await.unwrap();
    }
}

async fn token_of(app: &TestApp, organization_id: OrganizationId) -> String {
    access_token(app, organization_id, &[Scope::WebhooksWrite]).await
}

fn path_of(endpoint: &Value) -> String {
    format!("/v1/webhooks/endpoints/{}", endpoint["id"].as_str().unwrap())
}

#[tokio::test]
async fn an_endpoint_is_made_read_changed_and_deleted() {
    let case = Case::start().await;
    let made = case.endpoint("/ok").await;
    let path = path_of(&made);
    assert_eq!(made["organization_id"], case.app.organization.id.to_string());
    assert_eq!(made["events"], json!(["member.created"]));
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(
        (&made["api_version"], &made["uses_standard_webhook_signature"], &made["enabled"]),
        (&json!("2026-04"), &json!(false), &json!(true))
    );
    assert_eq!(case.get(&path).await, made);
    let listed = case.get("/v1/webhooks/endpoints").await;
    assert_eq!(listed["items"], json!([made]));
    let elsewhere = "/v1/webhooks/endpoints?organization_id=00000000-0000-4000-8000-000000000000";
    assert_eq!(case.get(elsewhere).await["items"], json!([]));

    let change = json!({ "name": "Books", "enabled": false, "url": null });
    let changed = case.send(Method::PATCH, &path, &change).await.json();
    assert_eq!((&changed["name"], &changed["enabled"]), (&json!("Books"), &json!(false)));
    assert_eq!((&changed["url"], &changed["secret"]), (&made["url"], &made["secret"]));
    let changed = case.send(Method::PATCH, &path, &json!({ "name": null })).await.json();
    assert_eq!(changed["name"], Value::Null);

    let rotated = case.send(Method::PATCH, &format!("{path}/secret"), &Value::Null).await;
    assert_eq!(rotated.status, 200);
    assert_ne!(rotated.json()["secret"], made["secret"]);

    assert_eq!(case.send(Method::DELETE, &path, &Value::Null).await.status, 204);
    assert_eq!(case.send(Method::DELETE, &path, &Value::Null).await.status, 404);
    assert_eq!(get(&case.app, &path, &case.token).await.status, 404);
}

#[tokio::test]
async fn what_breaks_a_rule_is_told_at_its_field() {
    let case = Case::start().await;
    let right = json!({ "url": "https://a.example.com/", "format": "raw", "events": [] });
    for (field, value) in [
        ("url", json!("ftp://a.example.com")),
        ("url", json!("https://u:p@a.example.com")),
        ("url", json!("")),
        ("format", json!("slack")),
        ("name", json!("x".repeat(129))),
        ("organization_id", json!("00000000-0000-4000-8000-000000000000")),
    ] {
        let mut body = right.clone();
        body[field] = value;
        let answer = case.send(Method::POST, "/v1/webhooks/endpoints", &body).await;
        assert_eq!(answer.status, 422, "{field}: {}", answer.body);
        let answer = answer.json();
        assert_eq!(answer["error"], "PolarRequestValidationError", "{answer}");
        assert_eq!(answer["detail"][0]["loc"], json!(["body", field]));
    }
    let unknown = json!({ "url": "https://a.example.com/", "format": "raw", "events": ["x.y"] });
    let answer = case.send(Method::POST, "/v1/webhooks/endpoints", &unknown).await.json();
    assert_eq!(answer["error"], "RequestValidationError");
    assert_eq!(answer["detail"][0]["loc"], json!(["body", "events", 0]));
    let made = case.endpoint("/ok").await;
    let answer = case.send(Method::PATCH, &path_of(&made), &json!({ "url": "http://" })).await;
    assert_eq!(answer.json()["detail"][0]["loc"], json!(["body", "url"]));
}

#[tokio::test]
async fn another_organization_sees_and_changes_nothing() {
    let case = Case::start().await;
    let path = path_of(&case.endpoint("/ok").await);
    fixtures::member(&case.app.db, case.app.organization.id, "ada@example.com").await;
    case.work().await;
    let event = case.get("/v1/webhooks/deliveries").await["items"][0]["webhook_event"].clone();
    let other = fixtures::organization(&case.app.db, "other").await;
    let other = token_of(&case.app, other).await;
    let redeliver = format!("/v1/webhooks/events/{}/redeliver", event["id"].as_str().unwrap());
    for (method, path, body) in [
        (Method::GET, path.clone(), ""),
        (Method::PATCH, path.clone(), "{}"),
        (Method::DELETE, path.clone(), ""),
        (Method::PATCH, format!("{path}/secret"), ""),
        (Method::POST, format!("{path}/test"), ""),
        (Method::POST, redeliver, ""),
    ] {
        let answer = call(&case.app, method, &path, &other, body).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
    }
    for path in ["/v1/webhooks/endpoints", "/v1/webhooks/deliveries"] {
        assert_eq!(get(&case.app, path, &other).await.json()["items"], json!([]));
    }
}

#[tokio::test]
async fn every_try_is_listed_with_what_was_said() {
    let case = Case::start().await;
    let (good, bad) = (case.endpoint("/ok").await, case.endpoint("/503").await);
    let ada = fixtures::member(&case.app.db, case.app.organization.id, "ada@example.com").await;
    case.work().await;
    let all = case.get("/v1/webhooks/deliveries").await;
    assert_eq!(all["pagination"]["total_count"], 2);
    let listed = async |query: &str| {
        let found = case.get(&format!("/v1/webhooks/deliveries?{query}")).await;
        let items = found["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["http_code"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    let id_of = |endpoint: &Value| endpoint["id"].as_str().unwrap().to_owned();
    assert_eq!(listed(&format!("endpoint_id={}", id_of(&good))).await, [200]);
    assert_eq!(listed("succeeded=false").await, [503]);
    assert_eq!(listed("http_code_class=2xx").await, [200]);
    assert_eq!(listed("http_code_class=3xx").await, [0_i64; 0]);
    assert_eq!(listed("event_type=member.created&event_type=order.paid").await.len(), 2);
    assert_eq!(listed("event_type=order.paid").await, [0_i64; 0]);
    assert_eq!(listed(&format!("query={}", ada.member_id)).await.len(), 2);
    assert_eq!(listed("query=MEMBER.").await.len(), 2);
    assert_eq!(listed("query=%25").await, [0_i64; 0]);
    assert_eq!(listed("start_timestamp=2026-05-01T09:00:00Z").await.len(), 2);
    assert_eq!(listed("end_timestamp=2026-05-01T08:59:59Z").await, [0_i64; 0]);
    for wrong in ["http_code_class=9xx", "start_timestamp=soon", "event_type=x", "succeeded=maybe"]
    {
        let path = format!("/v1/webhooks/deliveries?{wrong}");
        assert_eq!(get(&case.app, &path, &case.token).await.status, 422, "{wrong}");
    }
    let items = all["items"].as_array().unwrap();
    let failed = items.iter().find(|item| item["webhook_endpoint_id"] == bad["id"]).unwrap();
    assert_eq!(failed["response"], "told at /503");
    let event = &failed["webhook_event"];
    assert_eq!((&event["succeeded"], &event["last_http_code"]), (&json!(false), &json!(503)));
    let payload: Value = serde_json::from_str(event["payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload["data"]["id"], ada.member_id.to_string());
}

#[tokio::test]
async fn an_event_is_told_again_to_all_or_to_one() {
    let case = Case::start().await;
    let (one, _) = (case.endpoint("/one").await, case.endpoint("/two").await);
    fixtures::member(&case.app.db, case.app.organization.id, "ada@example.com").await;
    case.work().await;
    let id = case.receiver.received()[0].id().to_owned();
    let redeliver = format!("/v1/webhooks/events/{id}/redeliver");
    let answer = case.send(Method::POST, &redeliver, &Value::Null).await;
    assert_eq!((answer.status, &answer.json()["webhook_event_id"]), (202, &json!(id)));
    case.work().await;
    let counts = || (case.receiver.at("/one").len(), case.receiver.at("/two").len());
    assert_eq!(counts(), (2, 2));
    let to_one = format!("{redeliver}?endpoint_id={}", one["id"].as_str().unwrap());
    assert_eq!(case.send(Method::POST, &to_one, &Value::Null).await.status, 202);
    case.work().await;
    assert_eq!(counts(), (3, 2));
    assert!(case.receiver.received().iter().all(|told| told.id() == id));
}

#[tokio::test]
async fn a_test_arrives_at_one_endpoint() {
    let case = Case::start().await;
    let (one, _) = (case.endpoint("/one").await, case.endpoint("/two").await);
    let answer = case.send(Method::POST, &format!("{}/test", path_of(&one)), &Value::Null).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    case.work().await;
    assert_eq!((case.receiver.at("/one").len(), case.receiver.at("/two").len()), (1, 0));
    let told = &case.receiver.received()[0];
    assert_eq!(answer.json()["webhook_event_id"], told.id());
    assert_eq!(told.header("foyer-webhook-test"), "true");
    assert_eq!(told.json()["type"], "organization.updated");
    assert_eq!(told.json()["data"]["id"], case.app.organization.id.to_string());
}

#[tokio::test]
async fn a_checkout_is_told_with_its_address() {
    let case = Case::start().await;
    let (app, organization_id) = (&case.app, case.app.organization.id);
    let ada = fixtures::member(&app.db, organization_id, "ada@example.com").await;
    crate::bookkeeping::subscribe(app, &ada).await;
    let product_id: uuid::Uuid =
        sqlx::query_scalar("select product_id from product").fetch_one(&app.db.pool).await.unwrap();
    let endpoint =
        json!({ "url": case.receiver.url("/ok"), "format": "raw", "events": ["checkout.created"] });
    let made = case.send(Method::POST, "/v1/webhooks/endpoints", &endpoint).await;
    assert_eq!(made.status, 201);
    let token = access_token(app, organization_id, &[Scope::CheckoutsWrite]).await;
    let body = json!({ "products": [product_id] }).to_string();
    let checkout = call(app, Method::POST, "/v1/checkouts", &token, &body).await;
    assert_eq!(checkout.status, 201, "{}", checkout.body);
    case.work().await;
    let told = case.receiver.received();
    assert_eq!(told.len(), 1);
    let (told, checkout) = (told[0].json(), checkout.json());
    assert_eq!(told["type"], "checkout.created");
    assert_eq!((&told["data"]["id"], &told["data"]["url"]), (&checkout["id"], &checkout["url"]));
}
