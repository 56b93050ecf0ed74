//! What an organization sells, through the API.

use axum::http::Method;
use backend::test_support::{billing::Offer, fixtures};
use domain::scope::Scope;
use serde_json::{Value, json};

use super::{access_token, call};
use crate::support::TestApp;

const PRODUCTS: &str = "/v1/products/";

/// An organization that calls.
struct Shop {
    app: TestApp,
    token: String,
}

impl Shop {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let scopes = [Scope::ProductsWrite, Scope::BenefitsWrite];
        let token = access_token(&app, app.organization.id, &scopes).await;
        Self { app, token }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = call(&self.app, method, path, &self.token, &body).await;
        let json = if answer.body.is_empty() { Value::Null } else { answer.json() };
        (answer.status, json)
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask(Method::POST, path, body).await
    }

    async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask(Method::PATCH, path, body).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, path, Value::Null).await
    }
}

fn path(product: &Value) -> String {
    format!("{PRODUCTS}{}", product["id"].as_str().unwrap())
}

fn monthly() -> Value {
    json!({
        "name": "Pro",
        "description": "For teams",
        "recurring_interval": "month",
        "trial_interval": "day",
        "trial_interval_count": 14,
        "metadata": { "tier": "high", "place": 2, "is_new": true },
        "prices": [
            { "amount_type": "fixed", "price_currency": "eur", "price_amount": 2900 },
            { "amount_type": "seat_based", "price_currency": "usd", "tax_behavior": "inclusive", "seat_tiers": { "tiers": [
                { "min_seats": 1, "max_seats": 9, "price_per_seat": 1000 },
                { "min_seats": 10, "price_per_seat": 800 },
            ] } },
        ],
    })
}

#[tokio::test]
async fn a_product_is_created_whole() {
    let shop = Shop::new().await;
    let (status, product) = shop.post(PRODUCTS, monthly()).await;
    assert_eq!(status, 201, "{product}");
    for (field, expected) in [
        ("name", json!("Pro")),
        ("description", json!("For teams")),
        ("visibility", json!("public")),
        ("recurring_interval", json!("month")),
        ("recurring_interval_count", json!(1)),
        ("trial_interval", json!("day")),
        ("trial_interval_count", json!(14)),
        ("is_recurring", json!(true)),
        ("is_archived", json!(false)),
        ("is_deletable", json!(true)),
        ("modified_at", Value::Null),
        ("metadata", json!({ "tier": "high", "place": 2, "is_new": true })),
        ("benefits", json!([])),
        ("medias", json!([])),
        ("attached_custom_fields", json!([])),
    ] {
        assert_eq!(product[field], expected, "{field}");
    }
    let [fixed, seats] = product["prices"].as_array().unwrap().as_slice() else {
        panic!("{product}")
    };
    assert_eq!((&fixed["amount_type"], &fixed["price_amount"]), (&json!("fixed"), &json!(2900)));
    assert_eq!((&fixed["source"], &fixed["tax_behavior"]), (&json!("catalog"), &Value::Null));
    assert_eq!(seats["tax_behavior"], "inclusive");
    assert_eq!(seats["seat_tiers"]["seat_tier_type"], "volume");
    assert_eq!(seats["seat_tiers"]["minimum_seats"], 1);
    assert_eq!(shop.get(&path(&product)).await, (200, product));
}

#[tokio::test]
async fn free_is_told_as_nothing() {
    let shop = Shop::new().await;
    for price in
        [json!({ "amount_type": "free" }), json!({ "amount_type": "fixed", "price_amount": 0 })]
    {
        let (status, product) =
            shop.post(PRODUCTS, json!({ "name": "Gift", "prices": [price] })).await;
        assert_eq!(status, 201, "{product}");
        let told = &product["prices"][0];
        assert_eq!((&told["amount_type"], &told["price_amount"]), (&json!("fixed"), &json!(0)));
        assert_eq!(
            (&told["price_currency"], &product["is_recurring"]),
            (&json!("usd"), &json!(false))
        );
    }
    let kinds: Vec<String> = sqlx::query_scalar("select distinct amount_type from price")
        .fetch_all(&shop.app.db.pool)
        .await
        .unwrap();
    assert_eq!(kinds, ["free"]);
}

#[tokio::test]
async fn mistakes_are_told_at_their_places() {
    let shop = Shop::new().await;
    let with = |change: Value| {
        let mut body = monthly();
        for (key, value) in change.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    };
    let euros = json!({ "amount_type": "fixed", "price_currency": "eur", "price_amount": 1 });
    for (change, loc) in [
        (json!({ "name": "ab" }), json!(["body", "name"])),
        (json!({ "name": "x".repeat(65) }), json!(["body", "name"])),
        (json!({ "name": null }), json!(["body", "name"])),
        (json!({ "prices": [] }), json!(["body", "prices"])),
        (json!({ "prices": [euros, euros] }), json!(["body", "prices", 1, "price_currency"])),
        (
            json!({ "prices": [{ "amount_type": "custom", "minimum_amount": 1 }] }),
            json!(["body", "prices", 0, "amount_type"]),
        ),
        (
            json!({ "prices": [{ "amount_type": "metered_unit", "meter_id": "x" }] }),
            json!(["body", "prices", 0, "amount_type"]),
        ),
        (
            json!({ "prices": [{ "amount_type": "fixed", "price_amount": -1 }] }),
            json!(["body", "prices", 0, "price_amount"]),
        ),
        (
            json!({ "prices": [{ "amount_type": "fixed", "price_amount": 1, "price_currency": "xyz" }] }),
            json!(["body", "prices", 0]),
        ),
        (
            json!({ "prices": [{ "amount_type": "seat_based", "seat_tiers": { "tiers": [] } }] }),
            json!(["body", "prices", 0, "seat_tiers"]),
        ),
        (json!({ "recurring_interval": "hour" }), json!(["body", "recurring_interval"])),
        (json!({ "recurring_interval_count": 1000 }), json!(["body", "recurring_interval_count"])),
        (json!({ "recurring_interval": null }), json!(["body", "trial_interval"])),
        (json!({ "trial_interval_count": null }), json!(["body", "trial_interval_count"])),
        (json!({ "metadata": { "": 1 } }), json!(["body", "metadata"])),
        (json!({ "medias": ["00000000-0000-4000-8000-000000000000"] }), json!(["body", "medias"])),
        (
            json!({ "organization_id": "00000000-0000-4000-8000-000000000000" }),
            json!(["body", "organization_id"]),
        ),
    ] {
        let (status, answer) = shop.post(PRODUCTS, with(change.clone())).await;
        assert_eq!(status, 422, "{change}: {answer}");
        assert_eq!(answer["detail"][0]["loc"], loc, "{change}: {answer}");
    }
    assert_eq!(shop.get(PRODUCTS).await.1["pagination"]["total_count"], 0);
}

#[tokio::test]
async fn what_is_given_changes_and_the_rest_stays() {
    let shop = Shop::new().await;
    let (_, product) = shop.post(PRODUCTS, monthly()).await;
    let path = path(&product);
    let wanted = json!({
        "name": "Pro 2", "description": null, "visibility": "private", "is_archived": true, "trial_interval_count": 7,
        "metadata": { "tier": "low" }, "recurring_interval": "month", "recurring_interval_count": 1,
    });
    let (status, changed) = shop.patch(&path, wanted).await;
    assert_eq!(status, 200, "{changed}");
    assert_eq!((&changed["name"], &changed["description"]), (&json!("Pro 2"), &Value::Null));
    assert_eq!(
        (&changed["visibility"], &changed["is_archived"]),
        (&json!("private"), &json!(true))
    );
    assert_eq!(
        (&changed["trial_interval"], &changed["trial_interval_count"]),
        (&json!("day"), &json!(7))
    );
    assert_eq!(changed["metadata"], json!({ "tier": "low" }));
    assert_eq!(changed["prices"], product["prices"]);
    assert!(changed["modified_at"].is_string());
    let trial = json!({ "trial_interval": null, "trial_interval_count": null });
    assert_eq!(shop.patch(&path, trial).await.1["trial_interval"], Value::Null);
    for (change, loc) in [
        (json!({ "recurring_interval": "year" }), json!(["body", "recurring_interval"])),
        (json!({ "trial_interval": "day" }), json!(["body", "trial_interval_count"])),
        (json!({ "prices": [] }), json!(["body", "prices"])),
        (
            json!({ "prices": [{ "id": "00000000-0000-4000-8000-000000000000" }] }),
            json!(["body", "prices", 0, "id"]),
        ),
        (json!({ "prices": [{ "id": "x" }] }), json!(["body", "prices", 0])),
        (json!({ "name": "" }), json!(["body", "name"])),
    ] {
        let (status, answer) = shop.patch(&path, change.clone()).await;
        assert_eq!((status, &answer["detail"][0]["loc"]), (422, &loc), "{change}: {answer}");
    }
}

#[tokio::test]
async fn a_new_amount_is_a_new_price() {
    let shop = Shop::new().await;
    let (_, product) = shop.post(PRODUCTS, monthly()).await;
    let prices = json!([
        { "id": product["prices"][1]["id"] },
        { "amount_type": "fixed", "price_currency": "eur", "price_amount": 3900 },
    ]);
    let (status, changed) = shop.patch(&path(&product), json!({ "prices": prices })).await;
    assert_eq!(status, 200, "{changed}");
    let prices = changed["prices"].as_array().unwrap();
    assert_eq!(prices.len(), 2);
    assert!(prices.contains(&product["prices"][1]), "{changed}");
    assert!(prices.iter().any(|price| price["price_amount"] == 3900), "{changed}");
}

#[tokio::test]
async fn benefits_are_given_in_order() {
    let shop = Shop::new().await;
    let (_, product) = shop.post(PRODUCTS, monthly()).await;
    let mut ids = vec![];
    for description in ["Support by phone", "100 GB"] {
        let body = json!({ "type": "custom", "description": description, "properties": {} });
        let (status, benefit) = shop.post("/v1/benefits/", body).await;
        assert_eq!(status, 201, "{benefit}");
        ids.push(benefit["id"].clone());
    }
    ids.reverse();
    let path = format!("{}/benefits", path(&product));
    let (status, changed) = shop.post(&path, json!({ "benefits": ids })).await;
    assert_eq!(status, 200, "{changed}");
    assert_eq!(changed["benefits"][0]["description"], "100 GB");
    assert_eq!(changed["benefits"][1]["id"], ids[1]);
    let unknown = json!({ "benefits": ["00000000-0000-4000-8000-000000000000"] });
    let (status, answer) = shop.post(&path, unknown).await;
    assert_eq!((status, &answer["detail"][0]["loc"]), (422, &json!(["body", "benefits"])));
}

#[tokio::test]
async fn what_was_sold_cannot_be_deleted() {
    let shop = Shop::new().await;
    let owner = fixtures::member(&shop.app.db, shop.app.organization.id, "ada@example.com").await;
    let offer = Offer::monthly(&shop.app.db, owner.organization_id).await;
    offer.subscribe(&shop.app.db, &owner).await;
    let sold = format!("{PRODUCTS}{}", offer.product_id);
    let (status, answer) = shop.ask(Method::DELETE, &sold, Value::Null).await;
    assert_eq!((status, &answer["error"]), (403, &json!("ProductNotDeletable")));
    assert_eq!(shop.get(&sold).await.1["is_deletable"], false);
    let (_, product) = shop.post(PRODUCTS, monthly()).await;
    let unsold = path(&product);
    assert_eq!(shop.ask(Method::DELETE, &unsold, Value::Null).await, (204, Value::Null));
    for method in [Method::GET, Method::DELETE] {
        assert_eq!(shop.ask(method, &unsold, Value::Null).await.0, 404);
    }
    assert_eq!(shop.patch(&unsold, json!({})).await.0, 404);
    assert_eq!(shop.get(PRODUCTS).await.1["pagination"]["total_count"], 1);
}

#[tokio::test]
async fn lists_are_filtered_and_nothing_crosses_organizations() {
    let shop = Shop::new().await;
    shop.post(PRODUCTS, monthly()).await;
    let gift =
        json!({ "name": "Gift", "visibility": "draft", "prices": [{ "amount_type": "free" }] });
    shop.post(PRODUCTS, gift).await;
    let other = fixtures::organization(&shop.app.db, "other").await;
    let foreign = Offer::monthly(&shop.app.db, other).await;
    let own = shop.app.organization.id;
    for (query, names) in [
        ("?sorting=name".into(), vec!["Gift", "Pro"]),
        ("?sorting=-name".into(), vec!["Pro", "Gift"]),
        ("?sorting=price_amount&sorting=name".into(), vec!["Gift", "Pro"]),
        ("?query=PRO".into(), vec!["Pro"]),
        ("?is_recurring=false".into(), vec!["Gift"]),
        ("?visibility=draft&visibility=private".into(), vec!["Gift"]),
        ("?metadata[tier]=high".into(), vec!["Pro"]),
        ("?metadata[tier]=low".into(), vec![]),
        (
            format!("?organization_id={own}&organization_id={other}&sorting=name"),
            vec!["Gift", "Pro"],
        ),
        (format!("?organization_id={other}"), vec![]),
        (format!("?id={}", foreign.product_id), vec![]),
        ("?limit=1&page=2&sorting=name".into(), vec!["Pro"]),
    ] {
        let (status, list) = shop.get(&format!("{PRODUCTS}{query}")).await;
        assert_eq!(status, 200, "{query}: {list}");
        let items = list["items"].as_array().unwrap();
        let found: Vec<_> = items.iter().map(|item| item["name"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{query}");
    }
    let path = format!("{PRODUCTS}{}", foreign.product_id);
    for (method, path, body) in [
        (Method::GET, path.clone(), Value::Null),
        (Method::PATCH, path.clone(), json!({ "name": "Mine" })),
        (Method::DELETE, path.clone(), Value::Null),
        (Method::POST, format!("{path}/benefits"), json!({ "benefits": [] })),
    ] {
        assert_eq!(shop.ask(method.clone(), &path, body).await.0, 404, "{method} {path}");
    }
}
