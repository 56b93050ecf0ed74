//! Benefits and discounts through the API.

use axum::http::Method;
use backend::{
    discount,
    test_support::{billing::Offer, fixtures},
};
use domain::scope::Scope;
use serde_json::{Value, json};

use super::{access_token, call};
use crate::support::TestApp;

const BENEFITS: &str = "/v1/benefits/";
const DISCOUNTS: &str = "/v1/discounts/";

/// An organization that calls.
struct Shop {
    app: TestApp,
    token: String,
}

impl Shop {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let scopes = [Scope::BenefitsWrite, Scope::DiscountsWrite];
        let token = access_token(&app, app.organization.id, &scopes).await;
        Self { app, token }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = call(&self.app, method, path, &self.token, &body).await;
        let json = if answer.body.is_empty() { Value::Null } else { answer.json() };
        (answer.status, json)
    }

    async fn created(&self, path: &str, body: Value) -> Value {
        let (status, created) = self.ask(Method::POST, path, body).await;
        assert_eq!(status, 201, "{created}");
        created
    }

    /// Where the first mistake is.
    async fn refused(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, path, body.clone()).await;
        assert_eq!(status, 422, "{body}: {answer}");
        answer["detail"][0]["loc"].clone()
    }

    async fn found(&self, path: &str, field: &str) -> Vec<String> {
        let (status, list) = self.ask(Method::GET, path, Value::Null).await;
        assert_eq!(status, 200, "{path}: {list}");
        let items = list["items"].as_array().unwrap();
        items.iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
    }
}

fn at(collection: &str, object: &Value) -> String {
    format!("{collection}{}", object["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_benefit_lives() {
    let shop = Shop::new().await;
    let body = json!({
        "type": "custom", "description": "Support by phone", "properties": { "note": "Call 1234" },
        "metadata": { "tier": "high" },
    });
    let benefit = shop.created(BENEFITS, body).await;
    let path = at(BENEFITS, &benefit);
    for (field, expected) in [
        ("type", json!("custom")),
        ("visibility", json!("public")),
        ("properties", json!({ "note": "Call 1234" })),
        ("metadata", json!({ "tier": "high" })),
        ("is_deleted", json!(false)),
        ("deletable", json!(true)),
        ("visibility_configurable", json!(true)),
        ("modified_at", Value::Null),
    ] {
        assert_eq!(benefit[field], expected, "{field}");
    }
    assert_eq!(shop.ask(Method::GET, &path, Value::Null).await, (200, benefit));
    let change =
        json!({ "type": "custom", "visibility": "private", "properties": { "note": null } });
    let (status, changed) = shop.ask(Method::PATCH, &path, change).await;
    assert_eq!((status, &changed["visibility"]), (200, &json!("private")));
    assert_eq!(changed["properties"], json!({ "note": null }));
    assert_eq!(changed["description"], "Support by phone");
    shop.created(BENEFITS, json!({ "type": "custom", "description": "100 GB" })).await;
    for (query, expected) in [
        ("?sorting=description", vec!["100 GB", "Support by phone"]),
        ("?sorting=-description", vec!["Support by phone", "100 GB"]),
        ("?query=PHONE", vec!["Support by phone"]),
        ("?type=custom&metadata[tier]=high", vec!["Support by phone"]),
        ("?type=discord", vec![]),
        ("?organization_id=00000000-0000-4000-8000-000000000000", vec![]),
    ] {
        assert_eq!(shop.found(&format!("{BENEFITS}{query}"), "description").await, expected);
    }
    assert_eq!(shop.ask(Method::DELETE, &path, Value::Null).await, (204, Value::Null));
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(shop.ask(method, &path, Value::Null).await.0, 404);
    }
    assert_eq!(shop.found(BENEFITS, "description").await, ["100 GB"]);
}

#[tokio::test]
async fn a_benefits_mistakes_are_told_at_their_places() {
    let shop = Shop::new().await;
    for (body, loc) in [
        (json!({ "description": "Support" }), json!(["body", "type"])),
        (json!({ "type": "discord", "description": "Support" }), json!(["body", "type"])),
        (json!({ "type": "other", "description": "Support" }), json!(["body", "type"])),
        (json!({ "type": "custom", "description": "ab" }), json!(["body", "description"])),
        (
            json!({ "type": "custom", "description": "Support", "properties": { "note": "x".repeat(4_001) } }),
            json!(["body", "properties", "note"]),
        ),
    ] {
        assert_eq!(shop.refused(Method::POST, BENEFITS, body).await, loc);
    }
}

#[tokio::test]
async fn discounts_are_told_as_clients_know_them() {
    let shop = Shop::new().await;
    let offer = Offer::monthly(&shop.app.db, shop.app.organization.id).await;
    let body = json!({
        "type": "percentage", "name": "Spring", "code": "SPRING26", "duration": "repeating", "duration_in_months": 3,
        "basis_points": 2500, "starts_at": "2026-01-01T01:00:00+01:00", "ends_at": "2036-01-01T00:00:00Z",
        "max_redemptions": 10, "max_redemptions_per_customer": 1, "products": [offer.product_id], "metadata": { "place": 1 },
    });
    let percentage = shop.created(DISCOUNTS, body).await;
    for (field, expected) in [
        ("type", json!("percentage")),
        ("basis_points", json!(2500)),
        ("duration", json!("repeating")),
        ("duration_in_months", json!(3)),
        ("code", json!("SPRING26")),
        ("starts_at", json!("2026-01-01T00:00:00.000000Z")),
        ("max_redemptions", json!(10)),
        ("max_redemptions_per_customer", json!(1)),
        ("redemptions_count", json!(0)),
        ("metadata", json!({ "place": 1 })),
    ] {
        assert_eq!(percentage[field], expected, "{field}");
    }
    assert_eq!(percentage["products"][0]["id"], json!(offer.product_id));
    assert!(percentage["products"][0]["metadata"].is_object());
    let path = at(DISCOUNTS, &percentage);
    assert_eq!(shop.ask(Method::GET, &path, Value::Null).await, (200, percentage));
    let body = json!({ "type": "fixed", "name": "Ten", "duration": "once", "amount": 1000, "currency": "eur" });
    let one = shop.created(DISCOUNTS, body).await;
    assert_eq!((&one["amount"], &one["currency"]), (&json!(1000), &json!("eur")));
    assert_eq!((&one["amounts"], &one["code"]), (&json!({ "eur": 1000 }), &Value::Null));
    assert!(one.get("basis_points").is_none() && one.get("duration_in_months").is_none());
    let body =
        json!({ "name": "Both", "duration": "forever", "amounts": { "usd": 600, "eur": 500 } });
    let both = shop.created(DISCOUNTS, body).await;
    assert_eq!((&both["amount"], &both["currency"]), (&json!(600), &json!("usd")));
    assert_eq!((&both["type"], &both["products"]), (&json!("fixed"), &json!([])));
    for (query, expected) in [
        ("?sorting=-name", vec!["Ten", "Spring", "Both"]),
        ("?sorting=name", vec!["Both", "Spring", "Ten"]),
        ("?sorting=code&limit=1", vec!["Spring"]),
        ("?query=spring26", vec!["Spring"]),
        ("?organization_id=00000000-0000-4000-8000-000000000000", vec![]),
    ] {
        assert_eq!(shop.found(&format!("{DISCOUNTS}{query}"), "name").await, expected, "{query}");
    }
}

#[tokio::test]
async fn a_discounts_mistakes_are_told_at_their_places() {
    let shop = Shop::new().await;
    let spring =
        json!({ "name": "Spring", "code": "SPRING", "duration": "once", "basis_points": 2500 });
    let discount = shop.created(DISCOUNTS, spring.clone()).await;
    let with = |change: Value| {
        let mut body = spring.clone();
        body["code"] = Value::Null;
        for (key, value) in change.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    };
    for (change, loc) in [
        (json!({ "code": "spring" }), json!(["body", "code"])),
        (json!({ "code": "ab" }), json!(["body", "code"])),
        (json!({ "name": " " }), json!(["body", "name"])),
        (json!({ "basis_points": 0 }), json!(["body", "basis_points"])),
        (json!({ "type": "fixed" }), json!(["body", "amount"])),
        (json!({ "type": "fixed", "amount": 0 }), json!(["body", "amounts"])),
        (json!({ "type": "fixed", "amounts": { "xyz": 1 } }), json!(["body", "amounts", "xyz"])),
        (json!({ "duration": "repeating" }), json!(["body", "duration_in_months"])),
        (json!({ "duration": "ever" }), json!(["body", "duration"])),
        (json!({ "starts_at": "tomorrow" }), json!(["body", "starts_at"])),
        (
            json!({ "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z" }),
            json!(["body", "ends_at"]),
        ),
        (json!({ "max_redemptions": 0 }), json!(["body", "max_redemptions"])),
        (
            json!({ "products": ["00000000-0000-4000-8000-000000000000"] }),
            json!(["body", "products"]),
        ),
    ] {
        assert_eq!(
            shop.refused(Method::POST, DISCOUNTS, with(change.clone())).await,
            loc,
            "{change}"
        );
    }
    let path = at(DISCOUNTS, &discount);
    for (change, loc) in [
        (json!({ "type": "fixed" }), json!(["body", "type"])),
        (json!({ "duration": "repeating" }), json!(["body", "duration_in_months"])),
        (json!({ "basis_points": 10_001 }), json!(["body", "basis_points"])),
    ] {
        assert_eq!(shop.refused(Method::PATCH, &path, change).await, loc);
    }
}

#[tokio::test]
async fn a_discount_changes_until_somebody_has_it() {
    let shop = Shop::new().await;
    let db = &shop.app.db;
    let owner = fixtures::member(db, shop.app.organization.id, "ada@example.com").await;
    let offer = Offer::monthly(db, owner.organization_id).await;
    let spring =
        json!({ "name": "Spring", "code": "SPRING", "duration": "once", "basis_points": 2500 });
    let discount = shop.created(DISCOUNTS, spring).await;
    let path = at(DISCOUNTS, &discount);
    let change = json!({ "basis_points": 5000, "duration": "repeating", "duration_in_months": 2, "code": null });
    let (status, changed) = shop.ask(Method::PATCH, &path, change).await;
    assert_eq!((status, &changed["basis_points"]), (200, &json!(5000)), "{changed}");
    assert_eq!((&changed["duration_in_months"], &changed["code"]), (&json!(2), &Value::Null));
    let id = discount["id"].as_str().unwrap().parse().unwrap();
    let mut tx = db.pool.begin().await.unwrap();
    let (organization_id, customer_id) = (owner.organization_id, owner.customer_id);
    discount::redeem(&mut tx, &mut db.cx(), organization_id, id, customer_id, offer.product_id)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let loc = shop.refused(Method::PATCH, &path, json!({ "basis_points": 1 })).await;
    assert_eq!(loc, json!(["body", "amount"]));
    let (_, held) = shop.ask(Method::PATCH, &path, json!({ "name": "Summer" })).await;
    assert_eq!((&held["name"], &held["redemptions_count"]), (&json!("Summer"), &json!(1)));
    assert_eq!(shop.ask(Method::DELETE, &path, Value::Null).await.0, 204);
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(shop.ask(method, &path, Value::Null).await.0, 404);
    }
}

#[tokio::test]
async fn nothing_crosses_organizations() {
    let shop = Shop::new().await;
    let other = fixtures::organization(&shop.app.db, "other").await;
    let scopes = [Scope::BenefitsWrite, Scope::DiscountsWrite];
    let stranger = access_token(&shop.app, other, &scopes).await;
    let benefit = json!({ "type": "custom", "description": "Support" });
    let discount = json!({ "name": "Spring", "duration": "once", "basis_points": 1 });
    for (collection, body) in [(BENEFITS, benefit), (DISCOUNTS, discount)] {
        let path = at(collection, &shop.created(collection, body).await);
        for (method, body) in [(Method::GET, ""), (Method::PATCH, "{}"), (Method::DELETE, "")] {
            let answer = call(&shop.app, method.clone(), &path, &stranger, body).await;
            assert_eq!(answer.status, 404, "{method} {path}");
        }
    }
}
