//! Subscriptions as their organization calls them.

use axum::http::Method;
use backend::{
    subscription,
    test_support::{
        billing::{self, Offer},
        fixtures,
    },
};
use domain::{
    discount::DiscountDuration, interval::RecurringInterval, price::PriceAmount, scope::Scope,
};
use serde_json::json;

use super::{
    access_token, call,
    reads::Statements,
    shop::{Shop, loc},
};

#[tokio::test]
async fn they_are_listed_filtered_and_read_whole() {
    let shop = Shop::new().await;
    let (db, organization_id) = (&shop.app.db, shop.owner.organization_id);
    let offer = Offer::monthly(db, organization_id).await;
    let first = offer.subscribe(db, &shop.owner).await.subscription_id;
    let bob = fixtures::member(db, organization_id, "bob@example.com").await;
    let tenth = billing::percent_off(db, organization_id, 1_000, DiscountDuration::Forever).await;
    let mut input = Offer::business(db, organization_id).await.start_for(&bob, None);
    input.discount_id = Some(tenth);
    db.clock.advance(time::Duration::hours(1));
    let second = subscription::start(&db.pool, &mut db.cx(), input).await.unwrap().subscription_id;
    let (one, two) = (first.to_string(), second.to_string());
    let both = [two.clone(), one.clone()];
    assert_eq!(shop.ids("/v1/subscriptions/").await, both);
    let at = |path: &str| format!("/v1/subscriptions?{path}");
    assert_eq!(shop.ids(&at("sorting=amount")).await, [one.clone(), two.clone()]);
    assert_eq!(
        shop.ids(&at(&format!("customer_id={}", bob.customer_id))).await,
        std::slice::from_ref(&two)
    );
    assert_eq!(shop.ids(&at(&format!("discount_id={tenth}"))).await, std::slice::from_ref(&two));
    assert_eq!(shop.ids(&at(&format!("organization_id={organization_id}"))).await, both);
    for none in [
        "active=false",
        "status=past_due",
        "cancel_at_period_end=true",
        "external_customer_id=x",
        "metadata[tier]=gold",
        "started_after=2999-01-01T00:00:00Z",
        "organization_id=00000000-0000-4000-8000-000000000000",
    ] {
        assert_eq!(shop.ids(&at(none)).await, [] as [&str; 0], "{none}");
    }
    for wrong in ["status=x", "started_after=x", "customer_cancellation_reason=x"] {
        assert_eq!(shop.get(&at(wrong)).await.0, 422, "{wrong}");
    }
    let (status, body) = shop.get(&format!("/v1/subscriptions/{second}")).await;
    assert_eq!((status, &body["id"]), (200, &json!(two)));
    assert_eq!(body["customer"]["email"], "bob@example.com");
    assert_eq!(body["product"]["name"], "Business");
    assert_eq!(body["prices"][0]["price_amount"], 5_900);
    assert_eq!(body["discount"]["basis_points"], 1_000);
    assert_eq!((&body["metadata"], &body["meters"]), (&json!({}), &json!([])));

    let other = fixtures::organization(db, "other").await;
    let stranger = access_token(&shop.app, other, Scope::ALL).await;
    let foreign =
        call(&shop.app, Method::GET, &format!("/v1/subscriptions/{first}"), &stranger, "").await;
    assert_eq!(foreign.status, 404);
    let file = call(&shop.app, Method::GET, "/v1/subscriptions/export", &shop.token, "").await;
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(file.body.lines().count(), 3, "{}", file.body);
    assert!(file.body.starts_with("id,customer_email,"));
    assert!(file.body.contains(&format!("{one},ada@example.com,ada,Pro,active,2900,eur,month,1,")));
}

#[tokio::test]
async fn lists_take_the_same_few_statements_however_long() {
    let shop = Shop::new().await;
    let (db, organization_id) = (&shop.app.db, shop.owner.organization_id);
    let offer = Offer::monthly(db, organization_id).await;
    let yearly = Offer::yearly(db, organization_id).await;
    offer.subscribe(db, &shop.owner).await;
    let count = async |path: &str| {
        // The first call of a token writes down its use; plans are prepared once.
        shop.ids(path).await;
        Statements::of(shop.ids(path)).await
    };
    let few = (count("/v1/subscriptions").await, count("/v1/orders").await);
    let bob = fixtures::member(db, organization_id, "bob@example.com").await;
    for _ in 0..6 {
        offer.subscribe(db, &shop.owner).await;
        yearly.subscribe(db, &bob).await;
    }
    assert_eq!(shop.ids("/v1/orders?limit=100").await.len(), 13);
    let many = (count("/v1/subscriptions?limit=100").await, count("/v1/orders?limit=100").await);
    assert_eq!(few, many);
    assert!(few.0 <= 11 && few.1 <= 13, "{few:?}");
}

#[tokio::test]
async fn only_free_products_start_without_a_checkout() {
    let shop = Shop::new().await;
    let (db, organization_id) = (&shop.app.db, shop.owner.organization_id);
    let every = Some(RecurringInterval::MONTHLY);
    let free = Offer::new(db, organization_id, PriceAmount::Free, every, None).await;
    let pro = Offer::business(db, organization_id).await;
    let customer_id = shop.owner.customer_id;
    let (status, body) = shop
        .post(
            "/v1/subscriptions/",
            json!({ "product_id": free.product_id, "customer_id": customer_id, "metadata": { "tier": "gold" } }),
        )
        .await;
    assert_eq!((status, &body["status"]), (201, &json!("active")), "{body}");
    assert_eq!(body["metadata"], json!({ "tier": "gold" }));
    assert_eq!(shop.ids("/v1/subscriptions?metadata[tier]=gold").await.len(), 1);
    for (wrong, field) in [
        (json!({ "product_id": pro.product_id, "customer_id": customer_id }), "product_id"),
        (
            json!({ "product_id": free.product_id, "external_customer_id": "x" }),
            "external_customer_id",
        ),
        (json!({ "product_id": free.product_id }), "customer_id"),
    ] {
        let (status, body) = shop.post("/v1/subscriptions", wrong).await;
        assert_eq!((status, loc(&body)), (422, &json!(["body", field])), "{body}");
    }
}

#[tokio::test]
async fn the_organization_cancels_keeps_pauses_and_ends() {
    let shop = Shop::new().await;
    let offer = Offer::monthly(&shop.app.db, shop.owner.organization_id).await;
    let id = offer.subscribe(&shop.app.db, &shop.owner).await.subscription_id;
    let path = format!("/v1/subscriptions/{id}");
    let cancel = json!({
        "cancel_at_period_end": true, "customer_cancellation_reason": "unused",
        "customer_cancellation_comment": "Bye"
    });
    let (status, body) = shop.patch(&path, cancel.clone()).await;
    assert_eq!((status, &body["cancel_at_period_end"]), (200, &json!(true)), "{body}");
    assert_eq!(body["customer_cancellation_reason"], "unused");
    assert_eq!(shop.ids("/v1/subscriptions?customer_cancellation_reason=unused").await.len(), 1);
    let (status, body) = shop.patch(&path, cancel).await;
    assert_eq!((status, &body["error"]), (403, &json!("AlreadyCanceledSubscription")));
    assert_eq!(shop.patch(&path, json!({ "cancel_at_period_end": false })).await.0, 200);
    // Its switches bind its customers, not itself.
    let (status, body) = shop.patch(&path, json!({ "pause_at_period_end": true })).await;
    assert_eq!((status, &body["pause_at_period_end"]), (200, &json!(true)), "{body}");
    assert_eq!(shop.patch(&path, json!({ "pause_at_period_end": false })).await.0, 200);
    let (status, body) = shop.patch(&path, json!({ "resume": true })).await;
    assert_eq!((status, &body["error"]), (409, &json!("NotPausedSubscription")));
    let (status, body) = shop.patch(&path, json!({ "pending_update": null })).await;
    assert_eq!((status, loc(&body)), (422, &json!(["body", "pending_update"])));
    let (status, body) = shop.patch(&path, json!({ "revoke": true, "seats": 2 })).await;
    assert_eq!((status, &body["error"]), (422, &json!("RequestValidationError")));

    let (status, body) = shop.delete(&path).await;
    assert_eq!((status, &body["status"]), (200, &json!("canceled")), "{body}");
    assert!(body["ended_at"].is_string());
    let (status, body) = shop.delete(&path).await;
    assert_eq!((status, &body["error"]), (403, &json!("AlreadyCanceledSubscription")));
    let (status, body) = shop.patch(&path, json!({ "discount_id": null })).await;
    assert_eq!((status, &body["error"]), (403, &json!("AlreadyCanceledSubscription")));
    let nowhere = "/v1/subscriptions/00000000-0000-4000-8000-000000000000";
    for body in
        [json!({}), json!({ "metadata": {} }), json!({ "seats": 2 }), json!({ "revoke": true })]
    {
        assert_eq!(shop.patch(nowhere, body.clone()).await.0, 404, "{body}");
    }
    assert_eq!(shop.delete(nowhere).await.0, 404);
}

#[tokio::test]
async fn plan_discount_and_notes_change_with_the_billing_that_is_asked_for() {
    let shop = Shop::charged().await;
    let (db, organization_id) = (&shop.app.db, shop.owner.organization_id);
    let offer = Offer::monthly(db, organization_id).await;
    let business = Offer::business(db, organization_id).await;
    let started = offer.subscribe(db, &shop.owner).await;
    let order = format!("/v1/customer-portal/orders/{}", started.order_id);
    let methods =
        backend::payment_method::list(&db.pool, &shop.owner.clone().into()).await.unwrap();
    let pay = json!({ "payment_method_id": methods[0].payment_method_id });
    let (status, _) = shop.customer(Method::POST, &format!("{order}/confirm-payment"), pay).await;
    assert_eq!(status, 200);

    let path = format!("/v1/subscriptions/{}", started.subscription_id);
    let tenth = billing::percent_off(db, organization_id, 1_000, DiscountDuration::Forever).await;
    let (status, body) =
        shop.patch(&path, json!({ "discount_id": tenth, "metadata": { "tier": "gold" } })).await;
    assert_eq!((status, &body["discount"]["id"]), (200, &json!(tenth)), "{body}");
    assert_eq!(body["metadata"], json!({ "tier": "gold" }));
    for (wrong, field) in [
        (json!({ "discount_id": "00000000-0000-4000-8000-000000000000" }), "discount_id"),
        (json!({ "trial_end": "now" }), "trial_end"),
        (json!({ "product_id": "00000000-0000-4000-8000-000000000000" }), "product_id"),
    ] {
        let (status, body) = shop.patch(&path, wrong).await;
        assert_eq!((status, loc(&body)), (422, &json!(["body", field])), "{body}");
    }
    let later = json!({ "product_id": business.product_id, "proration_behavior": "next_period" });
    let (status, body) = shop.patch(&path, later).await;
    assert_eq!((status, &body["pending_update"]["product_id"]), (200, &json!(business.product_id)));
    assert_eq!(body["product"]["name"], "Pro");
    assert_eq!(shop.patch(&path, json!({ "pending_update": null })).await.0, 200);
    let now = json!({ "product_id": business.product_id, "proration_behavior": "invoice" });
    let (status, body) = shop.patch(&path, now).await;
    assert_eq!((status, &body["product"]["name"]), (200, &json!("Business")), "{body}");
    let (status, body) = shop.patch(&path, json!({ "seats": 3 })).await;
    assert_eq!((status, &body["error"]), (400, &json!("NotASeatBasedSubscription")));
}
