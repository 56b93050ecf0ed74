//! What an organization's backend does with customers.

use axum::{
    body::Body,
    http::{Method, Request},
};
use backend::{
    actor::MemberActor,
    test_support::{billing, fixtures},
};
use domain::scope::Scope;
use serde_json::{Value, json};

use super::{access_token, call, customer_token, get};
use crate::support::TestApp;

/// An organization's backend that calls.
pub(super) struct Backend {
    pub app: TestApp,
    pub token: String,
}

impl Backend {
    pub async fn new() -> Self {
        let app = TestApp::start().await;
        let token = access_token(&app, app.organization.id, Scope::ALL).await;
        Self { app, token }
    }

    pub async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = call(&self.app, method, path, &self.token, &body).await;
        let json = if answer.body.is_empty() { Value::Null } else { answer.json() };
        (answer.status, json)
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = get(&self.app, path, &self.token).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    /// Where a refusal says that something is wrong.
    pub async fn wrong(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, path, body).await;
        assert_eq!(status, 422, "{answer}");
        answer["detail"][0]["loc"].clone()
    }

    async fn member(&self, email: &str) -> MemberActor {
        fixtures::member(&self.app.db, self.app.organization.id, email).await
    }
}

#[tokio::test]
async fn a_customer_is_made_read_and_found() {
    let backend = Backend::new().await;
    let address = json!({ "line1": "Hauptstr. 1", "postal_code": "10115", "city": "Berlin", "country": "de" });
    let body = json!({
        "email": "Ada@example.com", "name": "Ada Ltd", "external_id": "user/1", "type": "team", "locale": "de",
        "billing_address": address, "tax_id": "DE129273398", "metadata": { "plan": "gold" },
        "owner": { "email": "owner@example.com", "name": "Ada", "external_id": "p-1" },
    });
    let (status, made) = backend.ask(Method::POST, "/v1/customers/", body.clone()).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(
        (&made["type"], &made["tax_id"]),
        (&json!("team"), &json!(["DE129273398", "eu_vat"]))
    );
    assert_eq!((&made["email_verified"], &made["deleted_at"]), (&json!(false), &Value::Null));
    assert_eq!(made["billing_address"]["country"], "DE");
    let path = format!("/v1/customers/{}", made["id"].as_str().unwrap());
    assert_eq!(backend.get(&path).await, made);
    assert_eq!(backend.get("/v1/customers/external/user%2F1").await, made);
    let members = backend.get(&format!("{path}/members")).await;
    let owner = &members["items"][0];
    assert_eq!((&owner["role"], &owner["external_id"]), (&json!("owner"), &json!("p-1")));
    assert_eq!(owner["email"], "owner@example.com");
    backend.member("bob@example.com").await;
    for (query, found) in [
        ("", 2),
        ("?email=ada@EXAMPLE.com", 1),
        ("?query=LTD", 1),
        ("?query=user/", 1),
        ("?query=%25", 0),
        ("?active=true", 0),
        ("?active=false&sorting=-email", 2),
        ("?metadata[plan]=gold", 1),
        ("?metadata[plan]=silver", 0),
        ("?organization_id=00000000-0000-4000-8000-000000000000", 0),
    ] {
        let list = backend.get(&format!("/v1/customers{query}")).await;
        assert_eq!(list["pagination"]["total_count"], found, "{query}");
    }
    let post = async |body: Value| backend.wrong(Method::POST, "/v1/customers", body).await;
    assert_eq!(post(body).await, json!(["body", "email"]));
    assert_eq!(post(json!({ "name": "x" })).await, json!(["body", "email"]));
    assert_eq!(post(json!({ "email": "x" })).await, json!(["body", "email"]));
    let again = json!({ "email": "new@example.com", "external_id": "user/1" });
    assert_eq!(post(again).await, json!(["body", "external_id"]));
    let number = json!({ "email": "new@example.com", "tax_id": "DE129273398" });
    assert_eq!(post(number).await, json!(["body", "billing_address"]));
    let wrong = json!({ "email": "new@example.com", "billing_address": { "line1": "x", "city": "y", "postal_code": "1", "country": "DE" } });
    assert_eq!(post(wrong).await, json!(["body", "billing_address", "postal_code"]));
    let elsewhere = json!({ "email": "new@example.com", "organization_id": "00000000-0000-4000-8000-000000000000" });
    assert_eq!(post(elsewhere).await, json!(["body", "organization_id"]));
    let team = json!({ "type": "team", "owner": { "email": "boss@example.com" } });
    let (status, made) = backend.ask(Method::POST, "/v1/customers", team).await;
    assert_eq!((status, &made["email"]), (201, &json!("boss@example.com")));
}

#[tokio::test]
async fn a_customer_changes_part_by_part() {
    let backend = Backend::new().await;
    let ada = backend.member("ada@example.com").await;
    backend.member("bob@example.com").await;
    let path = format!("/v1/customers/{}", ada.customer_id);
    let change = async |body: Value| backend.ask(Method::PATCH, &path, body).await;
    let (status, body) =
        change(json!({ "name": "Ada", "external_id": "a-1", "metadata": { "n": 1.5 } })).await;
    assert_eq!(
        (status, &body["name"], &body["metadata"]),
        (200, &json!("Ada"), &json!({ "n": 1.5 }))
    );
    let (_, body) = change(json!({ "email": "new@example.com", "name": null })).await;
    assert_eq!((&body["email"], &body["name"]), (&json!("new@example.com"), &Value::Null));
    let members = backend.get(&format!("{path}/members")).await;
    assert_eq!(members["items"][0]["email"], "new@example.com");
    for (body, field) in [
        (json!({ "email": "bob@example.com" }), "email"),
        (json!({ "external_id": "a-2" }), "external_id"),
        (json!({ "billing_address": null }), "billing_address"),
        (json!({ "tax_id": "DE129273398" }), "billing_address"),
    ] {
        assert_eq!(backend.wrong(Method::PATCH, &path, body).await, json!(["body", field]));
    }
    let (_, body) = change(json!({ "type": "team" })).await;
    assert_eq!(body["type"], "team");
    let back = json!({ "type": "individual" });
    assert_eq!(backend.wrong(Method::PATCH, &path, back).await, json!(["body", "type"]));
    let external = "/v1/customers/external/a-1";
    let (status, body) =
        backend.ask(Method::PATCH, external, json!({ "name": "Team", "locale": "xx" })).await;
    assert_eq!((status, &body["name"], &body["locale"]), (200, &json!("Team"), &Value::Null));
    let (status, _) = backend.ask(Method::PATCH, "/v1/customers/external/none", json!({})).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn what_a_customer_has_is_told_and_ends_with_it() {
    let backend = Backend::new().await;
    let (app, organization_id) = (&backend.app, backend.app.organization.id);
    billing::charged(&app.db, organization_id).await;
    let ada = backend.member("ada@example.com").await;
    billing::subscribed(&app.db, &ada).await;
    let path = format!("/v1/customers/{}", ada.customer_id);
    let (status, _) = backend.ask(Method::PATCH, &path, json!({ "external_id": "a-1" })).await;
    assert_eq!(status, 200);
    let state = backend.get(&format!("{path}/state")).await;
    assert_eq!(state["active_subscriptions"][0]["status"], "active");
    assert_eq!((&state["granted_benefits"], &state["active_meters"]), (&json!([]), &json!([])));
    assert_eq!(backend.get("/v1/customers/external/a-1/state").await, state);
    let methods = backend.get(&format!("{path}/payment-methods")).await;
    assert_eq!(
        (&methods["items"][0]["is_default"], &methods["items"][0]["type"]),
        (&json!(true), &json!("card"))
    );
    assert_eq!(
        backend.get("/v1/customers/external/a-1/payment-methods?page=2").await["items"],
        json!([])
    );
    let active = backend.get("/v1/customers?active=true").await;
    assert_eq!(active["pagination"]["total_count"], 1);

    let session = customer_token(app, &ada).await;
    let me = "/v1/customer-portal/customers/me";
    assert_eq!(get(app, me, &session).await.status, 200);
    app.db.settled().await;
    let external = "/v1/customers/external/a-1";
    let (status, body) = backend.ask(Method::DELETE, external, Value::Null).await;
    assert_eq!((status, body), (204, Value::Null));
    assert_eq!(get(app, me, &session).await.json()["error"], "invalid_token");
    for gone in
        [path.clone(), format!("{path}/state"), format!("{path}/members"), external.to_owned()]
    {
        assert_eq!(get(app, &gone, &backend.token).await.status, 404, "{gone}");
    }
    assert_eq!(backend.ask(Method::DELETE, &path, Value::Null).await.0, 404);
    let again = json!({ "email": "ada@example.com", "external_id": "a-1" });
    assert_eq!(backend.ask(Method::POST, "/v1/customers", again).await.0, 201);
    let left: i64 = sqlx::query_scalar("select count(*) from subscription where ended_at is null")
        .fetch_one(&app.db.pool)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_deletion_sent_twice_under_one_key_is_answered_alike() {
    let backend = Backend::new().await;
    let ada = backend.member("ada@example.com").await;
    let path = format!("/v1/customers/{}?anonymize=true", ada.customer_id);
    for _ in 0..2 {
        let request = Request::delete(&path)
            .header("authorization", format!("Bearer {}", backend.token))
            .header("idempotency-key", "delete-ada")
            .body(Body::empty())
            .unwrap();
        assert_eq!(backend.app.send(request).await.status, 204);
    }
    let email: String = sqlx::query_scalar("select email from customer")
        .fetch_one(&backend.app.db.pool)
        .await
        .unwrap();
    assert!(email.ends_with("@anonymized.invalid"), "{email}");
}

#[tokio::test]
async fn all_customers_fill_a_spreadsheet() {
    let backend = Backend::new().await;
    sqlx::query(
        "insert into customer (organization_id, customer_id, email, name, created_at)
         select $1, gen_random_uuid(), 'p' || n || '@example.com', '=1+1', '2026-01-01' from generate_series(1, 2500) n",
    )
    .bind(backend.app.organization.id.as_uuid())
    .execute(&backend.app.db.pool)
    .await
    .unwrap();
    let answer = get(&backend.app, "/v1/customers/export", &backend.token).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("text/csv"));
    assert!(answer.header("content-disposition").contains("customers.csv"));
    let lines: Vec<_> = answer.body.lines().collect();
    assert_eq!(lines.len(), 2_501);
    assert_eq!(lines[0], "ID,External ID,Created At,Email,Name");
    assert!(lines.iter().skip(1).all(|line| line.ends_with("\"'=1+1\"")), "{}", lines[1]);
    let different: std::collections::HashSet<_> = lines.iter().collect();
    assert_eq!(different.len(), 2_501, "each once");
}

#[tokio::test]
async fn nothing_of_another_organization_is_there() {
    let backend = Backend::new().await;
    let other = fixtures::organization(&backend.app.db, "other").await;
    let eve = fixtures::member(&backend.app.db, other, "eve@example.com").await;
    sqlx::query("update customer set external_id = 'e-1'")
        .execute(&backend.app.db.pool)
        .await
        .unwrap();
    let path = format!("/v1/customers/{}", eve.customer_id);
    for path in [path.as_str(), "/v1/customers/external/e-1"] {
        for (method, below, body) in [
            (Method::GET, "", Value::Null),
            (Method::PATCH, "", json!({ "name": "x" })),
            (Method::DELETE, "", Value::Null),
            (Method::GET, "/state", Value::Null),
            (Method::GET, "/payment-methods", Value::Null),
            (Method::GET, "/members", Value::Null),
            (Method::POST, "/members", json!({ "email": "x@example.com" })),
        ] {
            let (status, _) = backend.ask(method.clone(), &format!("{path}{below}"), body).await;
            assert_eq!(status, 404, "{method} {path}{below}");
        }
    }
    let nul = get(&backend.app, "/v1/customers/external/a%00b", &backend.token).await;
    assert!([400, 404, 422].contains(&nul.status), "{nul:?}");
}
