//! Orders and refunds as their organization calls them.

use axum::http::Method;
use backend::{
    order::record_payment,
    test_support::{
        billing::{self, Offer},
        fixtures,
    },
};
use serde_json::{Value, json};

use super::{
    call,
    shop::{Shop, loc},
};

/// A shop with an open order over €29.00.
async fn with_order() -> (Shop, String) {
    let shop = Shop::new().await;
    let offer = Offer::monthly(&shop.app.db, shop.owner.organization_id).await;
    let order_id = offer.subscribe(&shop.app.db, &shop.owner).await.order_id;
    (shop, order_id.to_string())
}

async fn pay(shop: &Shop, order_id: &str) {
    let db = &shop.app.db;
    record_payment(&db.pool, &mut db.cx(), shop.owner.organization_id, order_id.parse().unwrap())
        .await
        .unwrap();
}

#[tokio::test]
async fn orders_are_listed_filtered_and_read_whole() {
    let (shop, id) = with_order().await;
    let ids = async |query: &str| shop.ids(&format!("/v1/orders?{query}")).await;
    assert_eq!(shop.ids("/v1/orders/").await, std::slice::from_ref(&id));
    assert_eq!(
        ids("status=pending&product_billing_type=recurring").await,
        std::slice::from_ref(&id)
    );
    assert_eq!(
        ids(&format!("customer_id={}", shop.owner.customer_id)).await,
        std::slice::from_ref(&id)
    );
    for none in [
        "status=paid",
        "product_billing_type=one_time",
        "created_before=2000-01-01T00:00:00Z",
        "checkout_id=00000000-0000-4000-8000-000000000000",
        "organization_id=00000000-0000-4000-8000-000000000000",
    ] {
        assert_eq!(ids(none).await, [] as [&str; 0], "{none}");
    }
    let (status, body) = shop.get(&format!("/v1/orders/{id}")).await;
    assert_eq!((status, &body["status"]), (200, &json!("pending")), "{body}");
    assert_eq!(body["customer"]["email"], "ada@example.com");
    assert_eq!((&body["product"]["name"], &body["discount"]), (&json!("Pro"), &Value::Null));
    assert_eq!(body["subscription"]["metadata"], json!({}));
    assert_eq!((&body["platform_fee_amount"], &body["total_amount"]), (&json!(0), &json!(2_900)));
    assert_eq!(body["items"].as_array().unwrap().len(), 1);
    let file = call(&shop.app, Method::GET, "/v1/orders/export", &shop.token, "").await;
    assert_eq!(file.body.lines().count(), 2, "{}", file.body);
    let elsewhere = "/v1/orders/export?organization_id=00000000-0000-4000-8000-000000000000";
    let file = call(&shop.app, Method::GET, elsewhere, &shop.token, "").await;
    assert_eq!(file.body.lines().count(), 1, "{}", file.body);
}

#[tokio::test]
async fn an_order_is_billed_elsewhere_by_organization_and_customer() {
    let shop = Shop::new().await;
    billing::german_buyer(&shop.app.db, &shop.owner).await;
    let offer = Offer::monthly(&shop.app.db, shop.owner.organization_id).await;
    let id = offer.subscribe(&shop.app.db, &shop.owner).await.order_id;
    let path = format!("/v1/orders/{id}");
    let (status, body) = shop.patch(&path, json!({ "billing_name": "Ada Ltd" })).await;
    assert_eq!((status, &body["billing_name"]), (200, &json!("Ada Ltd")), "{body}");
    let own = format!("/v1/customer-portal/orders/{id}");
    let home =
        json!({ "line1": "Hof 2", "postal_code": "10115", "city": "Berlin", "country": "de" });
    let (status, body) =
        shop.customer(Method::PATCH, &own, json!({ "billing_address": home })).await;
    assert_eq!((status, &body["billing_address"]["line1"]), (200, &json!("Hof 2")), "{body}");
    assert_eq!(body["billing_name"], "Ada Ltd");
    let mut abroad = home.clone();
    abroad["country"] = json!("FR");
    let (status, body) = shop.patch(&path, json!({ "billing_address": abroad })).await;
    assert_eq!(
        (status, loc(&body)),
        (422, &json!(["body", "billing_address", "country"])),
        "{body}"
    );
    let mut bare = home;
    bare["line1"] = Value::Null;
    let (status, body) = shop.patch(&path, json!({ "billing_address": bare })).await;
    assert_eq!((status, loc(&body)), (422, &json!(["body", "billing_address", "line1"])));
    let (status, body) = shop.patch(&path, json!({ "billing_name": null })).await;
    assert_eq!((status, body["billing_name"] == "Ada Ltd"), (200, false));
    let nowhere = "/v1/orders/00000000-0000-4000-8000-000000000000";
    assert_eq!(shop.patch(nowhere, json!({})).await.0, 404);
    let eve = fixtures::member(&shop.app.db, shop.owner.organization_id, "eve@example.com").await;
    let eve = super::customer_token(&shop.app, &eve).await;
    assert_eq!(call(&shop.app, Method::PATCH, &own, &eve, "{}").await.status, 404);
}

#[tokio::test]
async fn money_goes_back_once_and_no_more_than_came() {
    let (shop, id) = with_order().await;
    let refund = |amount: i64| {
        json!({ "order_id": id, "reason": "customer_request", "amount": amount,
            "comment": "asked by phone", "metadata": { "ticket": 7 } })
    };
    let (status, body) = shop.post("/v1/refunds/", refund(1_000)).await;
    assert_eq!((status, &body["error"]), (404, &json!("ResourceNotFound")), "{body}");
    pay(&shop, &id).await;
    let (status, body) = shop.post("/v1/refunds", refund(1_000)).await;
    assert_eq!((status, &body["amount"]), (201, &json!(1_000)), "{body}");
    assert_eq!((&body["status"], &body["metadata"]), (&json!("pending"), &json!({ "ticket": 7 })));
    for (wrong, field) in [
        (refund(1_901), "amount"),
        (refund(0), "amount"),
        (
            json!({ "order_id": "00000000-0000-4000-8000-000000000000", "reason": "other", "amount": 1 }),
            "order_id",
        ),
        (json!({ "order_id": id, "reason": "bored", "amount": 1 }), "reason"),
    ] {
        let (status, body) = shop.post("/v1/refunds", wrong).await;
        assert_eq!((status, loc(&body)), (422, &json!(["body", field])), "{body}");
    }
    let mut revoking = refund(1);
    revoking["revoke_benefits"] = json!(true);
    let (status, body) = shop.post("/v1/refunds", revoking).await;
    assert_eq!((status, &body["error"]), (400, &json!("RevokeSubscriptionBenefitsProhibited")));
    assert_eq!(shop.post("/v1/refunds", refund(1_900)).await.0, 201);
    let (status, body) = shop.post("/v1/refunds", refund(1)).await;
    assert_eq!((status, &body["error"]), (403, &json!("RefundedAlready")));
    assert_eq!(shop.ids(&format!("/v1/refunds?order_id={id}&sorting=amount")).await.len(), 2);
    assert_eq!(shop.ids("/v1/refunds/?succeeded=true").await.len(), 0);
}
