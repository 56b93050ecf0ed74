//! What the portal's pages can do and Polar's API cannot.

use axum::http::Method;
use backend::{
    payment_method,
    test_support::{
        billing::{self, Offer},
        fixtures,
    },
};
use serde_json::{Value, json};

use super::shop::{Shop, loc};

const QUOTES: &str = "/v1/customer-portal/quotes";

#[tokio::test]
async fn a_quote_is_made_read_and_confirmed_once() {
    let shop = Shop::new().await;
    let (db, organization_id) = (&shop.app.db, shop.owner.organization_id);
    billing::everything_allowed(db, organization_id).await;
    let id = Offer::per_seat(db, organization_id).await;
    let input = id.start_for(&shop.owner, Some(3));
    let started = backend::subscription::start(&db.pool, &mut db.cx(), input).await.unwrap();
    backend::order::record_payment(&db.pool, &mut db.cx(), organization_id, started.order_id)
        .await
        .unwrap();
    let subscription_id = started.subscription_id;
    let ask = json!({ "subscription_id": subscription_id, "kind": "seats", "seats": 5 });
    let (status, quote) = shop.customer(Method::POST, QUOTES, ask.clone()).await;
    assert_eq!((status, &quote["seats"]), (201, &json!(5)), "{quote}");
    assert_eq!((&quote["kind"], &quote["amount"]), (&json!("seats"), &json!(5_000)));
    let path = format!("{QUOTES}/{}", quote["id"].as_str().unwrap());
    let (status, again) = shop.customer(Method::GET, &path, Value::Null).await;
    assert_eq!((status, &again), (200, &quote));
    let (_, other) = shop.customer(Method::POST, QUOTES, ask).await;
    let confirm = format!("{path}/confirm");
    let (status, body) = shop.customer(Method::POST, &confirm, Value::Null).await;
    assert_eq!((status, &body["status"]), (200, &json!("applied")), "{body}");
    let (status, body) = shop.customer(Method::POST, &confirm, Value::Null).await;
    assert_eq!((status, &body["error"]), (409, &json!("QuoteAlreadyConfirmed")));
    let stale = format!("{QUOTES}/{}/confirm", other["id"].as_str().unwrap());
    let (status, body) = shop.customer(Method::POST, &stale, Value::Null).await;
    assert_eq!(status, 409, "{body}");
    for (wrong, field) in [("plan", "product_id"), ("seats", "seats")] {
        let ask = json!({ "subscription_id": subscription_id, "kind": wrong });
        let (status, body) = shop.customer(Method::POST, QUOTES, ask).await;
        assert_eq!((status, loc(&body)), (422, &json!(["body", field])));
    }
    let few = json!({ "subscription_id": subscription_id, "kind": "seats", "seats": 1 });
    let (status, body) = shop.customer(Method::POST, QUOTES, few).await;
    assert_eq!((status, &body["error"]), (400, &json!("BelowMinimumSeats")));
    let eve = fixtures::member(db, organization_id, "eve@example.com").await;
    let eve = super::customer_token(&shop.app, &eve).await;
    let foreign = super::call(&shop.app, Method::GET, &path, &eve, "").await;
    assert_eq!(foreign.status, 404);
}

#[tokio::test]
async fn activity_payments_and_pay_links_are_told() {
    let shop = Shop::charged().await;
    let (db, organization_id) = (&shop.app.db, shop.owner.organization_id);
    let offer = Offer::monthly(db, organization_id).await;
    let order_id = offer.subscribe(db, &shop.owner).await.order_id;
    let (status, body) = shop.post(&format!("/v1/orders/{order_id}/pay-link"), Value::Null).await;
    assert_eq!(status, 200, "{body}");
    assert!(body["url"].as_str().unwrap().contains("/pay/"), "{body}");

    let methods = payment_method::list(&db.pool, &shop.owner.clone().into()).await.unwrap();
    let pay = json!({ "payment_method_id": methods[0].payment_method_id });
    let path = format!("/v1/customer-portal/orders/{order_id}/confirm-payment");
    assert_eq!(shop.customer(Method::POST, &path, pay).await.0, 200);
    let (status, body) = shop.post(&format!("/v1/orders/{order_id}/pay-link"), Value::Null).await;
    assert_eq!((status, &body["error"]), (409, &json!("OrderNotOpen")));
    let nowhere = "/v1/orders/00000000-0000-4000-8000-000000000000/pay-link";
    assert_eq!(shop.post(nowhere, Value::Null).await.0, 404);

    let payments = format!("/v1/customer-portal/payments?order_id={order_id}");
    let (status, body) = shop.customer(Method::GET, &payments, Value::Null).await;
    assert_eq!((status, &body["items"][0]["status"]), (200, &json!("succeeded")), "{body}");
    assert_eq!(body["items"][0]["amount"], 2_900);
    let none = "/v1/customer-portal/payments?order_id=00000000-0000-4000-8000-000000000000";
    let (_, body) = shop.customer(Method::GET, none, Value::Null).await;
    assert_eq!(body["pagination"]["total_count"], 0);
    let (status, body) =
        shop.customer(Method::GET, "/v1/customer-portal/activity", Value::Null).await;
    assert_eq!(status, 200);
    let kinds: Vec<_> = body["items"].as_array().unwrap().iter().map(|one| &one["type"]).collect();
    assert!(kinds.contains(&&json!("order.paid")), "{kinds:?}");
}

#[tokio::test]
async fn sessions_are_ended_one_by_one_and_all_at_once() {
    let shop = Shop::new().await;
    let db = &shop.app.db;
    let first = fixtures::session(db, &shop.owner).await;
    fixtures::session(db, &shop.owner).await;
    fixtures::session(db, &shop.owner).await;
    let path = "/v1/customer-portal/sessions";
    let count = async || {
        let (status, body) = shop.customer(Method::GET, path, Value::Null).await;
        assert_eq!(status, 200);
        body.as_array().unwrap().len()
    };
    assert_eq!(count().await, 3);
    let one = format!("{path}/{}", first.session_id);
    for _ in 0..2 {
        assert_eq!(shop.customer(Method::DELETE, &one, Value::Null).await.0, 204);
    }
    assert_eq!(count().await, 2);
    let (status, body) = shop.customer(Method::DELETE, path, Value::Null).await;
    assert_eq!((status, &body["ended_count"]), (200, &json!(2)));
    assert_eq!(count().await, 0);
    let eve = fixtures::member(db, shop.owner.organization_id, "eve@example.com").await;
    let hers = fixtures::session(db, &eve).await;
    let foreign = format!("{path}/{}", hers.session_id);
    assert_eq!(shop.customer(Method::DELETE, &foreign, Value::Null).await.0, 404);
}

#[tokio::test]
async fn a_method_is_backup_or_a_subscriptions_own() {
    let shop = Shop::charged().await;
    let (db, organization_id) = (&shop.app.db, shop.owner.organization_id);
    let default = payment_method::list(&db.pool, &shop.owner.clone().into()).await.unwrap();
    billing::card(db, organization_id, shop.owner.customer_id).await;
    let methods = payment_method::list(&db.pool, &shop.owner.clone().into()).await.unwrap();
    let other = methods.iter().find(|method| !method.is_default);
    let base = "/v1/customer-portal/customers/me/payment-methods";
    let backup = |id: &dyn std::fmt::Display| format!("{base}/{id}/backup");
    let nothing = "00000000-0000-4000-8000-000000000000";
    assert_eq!(shop.customer(Method::POST, &backup(&nothing), Value::Null).await.0, 404);
    assert_eq!(shop.customer(Method::DELETE, &backup(&nothing), Value::Null).await.0, 404);
    let usual = methods.iter().find(|method| method.is_default).unwrap_or(&default[0]);
    let (status, body) =
        shop.customer(Method::POST, &backup(&usual.payment_method_id), Value::Null).await;
    assert_eq!((status, &body["error"]), (409, &json!("PaymentMethodIsDefault")));
    let other = other.expect("a second method").payment_method_id;
    assert_eq!(shop.customer(Method::POST, &backup(&other), Value::Null).await.0, 204);
    for _ in 0..2 {
        assert_eq!(shop.customer(Method::DELETE, &backup(&other), Value::Null).await.0, 204);
    }

    let offer = Offer::monthly(db, organization_id).await;
    let id = offer.subscribe(db, &shop.owner).await.subscription_id;
    let path = format!("/v1/customer-portal/subscriptions/{id}/payment-method");
    let choose = async |body: Value| shop.customer(Method::PUT, &path, body).await;
    let (status, body) = choose(json!({ "payment_method_id": other })).await;
    assert_eq!((status, &body["id"]), (200, &json!(id)), "{body}");
    assert_eq!(choose(json!({ "payment_method_id": null })).await.0, 200);
    let (status, body) = choose(json!({ "payment_method_id": nothing })).await;
    assert_eq!((status, loc(&body)), (422, &json!(["body", "payment_method_id"])));
    assert_eq!(choose(json!({})).await.0, 422);
}

#[tokio::test]
async fn billing_details_are_replaced_whole() {
    let shop = Shop::new().await;
    let path = "/v1/customer-portal/customers/me/billing-details";
    let details = json!({
        "name": "Ada", "company": "Ada GmbH", "tax_id": "DE136695976",
        "address": { "line1": "Hof 2", "postal_code": "10115", "city": "Berlin", "country": "DE" }
    });
    for _ in 0..2 {
        let (status, body) = shop.customer(Method::PUT, path, details.clone()).await;
        assert_eq!((status, &body["company"]), (200, &json!("Ada GmbH")), "{body}");
    }
    let mut bare = details.clone();
    bare.as_object_mut().unwrap().retain(|key, _| key == "name" || key == "address");
    assert_eq!(shop.customer(Method::PUT, path, bare).await.0, 200);
    let (status, body) = shop.customer(Method::GET, path, Value::Null).await;
    assert_eq!((status, &body["company"], &body["tax_id"]), (200, &Value::Null, &Value::Null));
    for (field, wrong, expected) in [
        ("name", json!(""), json!(["body", "name"])),
        ("tax_id", json!("DE1"), json!(["body", "tax_id"])),
        ("address", json!({ "country": "DE" }), json!(["body", "address", "line1"])),
    ] {
        let mut input = details.clone();
        input[field] = wrong;
        let (status, body) = shop.customer(Method::PUT, path, input).await;
        assert_eq!((status, loc(&body)), (422, &expected), "{body}");
    }
}
