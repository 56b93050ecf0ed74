//! What customers change through the API.

use axum::http::Method;
use backend::{
    actor::MemberActor,
    order::record_payment,
    payment_method,
    test_support::{
        billing::{self, Offer},
        fixtures,
    },
};
use serde_json::{Value, json};

use super::{call, customer_token, get};
use crate::support::TestApp;

const ME: &str = "/v1/customer-portal/customers/me";

/// A customer who calls.
struct Customer {
    app: TestApp,
    owner: MemberActor,
    token: String,
}

impl Customer {
    async fn new(is_charged: bool) -> Self {
        let app = TestApp::start().await;
        if is_charged {
            billing::charged(&app.db, app.organization.id).await;
        }
        let owner = fixtures::member(&app.db, app.organization.id, "ada@example.com").await;
        let token = customer_token(&app, &owner).await;
        Self { app, owner, token }
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        self.app.db.settled().await;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = call(&self.app, method, path, &self.token, &body).await;
        let json = if answer.body.is_empty() { Value::Null } else { answer.json() };
        (answer.status, json)
    }

    async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask(Method::PATCH, path, &body).await
    }

    /// Status and name of a refusal.
    async fn refused(&self, path: &str, body: Value) -> (u16, String) {
        let (status, body) = self.patch(path, body).await;
        (status, body["error"].as_str().unwrap_or_default().to_owned())
    }
}

fn subscription_path(id: impl std::fmt::Display) -> String {
    format!("/v1/customer-portal/subscriptions/{id}")
}

#[tokio::test]
async fn a_subscription_is_canceled_kept_and_canceled_again() {
    let ada = Customer::new(false).await;
    let offer = Offer::monthly(&ada.app.db, ada.owner.organization_id).await;
    let path = subscription_path(offer.subscribe(&ada.app.db, &ada.owner).await.subscription_id);
    let cancel = json!({
        "cancel_at_period_end": true, "cancellation_reason": "unused", "cancellation_comment": "Bye"
    });
    let (status, body) = ada.patch(&path, cancel.clone()).await;
    assert_eq!((status, &body["cancel_at_period_end"]), (200, &json!(true)), "{body}");
    assert_eq!(body["ends_at"], body["current_period_end"]);
    assert_eq!(body["customer_cancellation_reason"], "unused");
    assert_eq!(body["customer_cancellation_comment"], "Bye");
    let again = (403, "AlreadyCanceledSubscription".to_owned());
    assert_eq!(ada.refused(&path, cancel).await, again);

    let (status, body) = ada.patch(&path, json!({ "cancel_at_period_end": false })).await;
    assert_eq!((status, &body["ends_at"]), (200, &Value::Null));
    let not_scheduled = (409, "SubscriptionNotScheduledToCancel".to_owned());
    assert_eq!(ada.refused(&path, json!({ "cancel_at_period_end": false })).await, not_scheduled);
    let (status, unchanged) = ada.patch(&path, json!({})).await;
    assert_eq!((status, &unchanged), (200, &body));

    let (status, body) = ada.ask(Method::DELETE, &path, &Value::Null).await;
    assert_eq!((status, &body["status"]), (200, &json!("active")));
    assert_eq!(body["cancel_at_period_end"], true);
    let (status, body) = ada.ask(Method::DELETE, &path, &Value::Null).await;
    assert_eq!((status, &body["error"]), (403, &json!("AlreadyCanceledSubscription")));
}

#[tokio::test]
async fn a_subscription_pauses_only_where_that_is_allowed() {
    let ada = Customer::new(false).await;
    let offer = Offer::monthly(&ada.app.db, ada.owner.organization_id).await;
    let path = subscription_path(offer.subscribe(&ada.app.db, &ada.owner).await.subscription_id);
    let pause = json!({ "pause_at_period_end": true });
    let refused = (403, "PauseResumeNotAllowed".to_owned());
    assert_eq!(ada.refused(&path, pause.clone()).await, refused);
    billing::everything_allowed(&ada.app.db, ada.owner.organization_id).await;
    let early = json!({ "pause_at_period_end": true, "resumes_at": "2001-01-01T00:00:00Z" });
    let (status, body) = ada.patch(&path, early).await;
    assert_eq!((status, &body["error"]), (422, &json!("PolarRequestValidationError")));
    assert_eq!(body["detail"][0]["loc"], json!(["body", "resumes_at"]));
    let (status, body) = ada.patch(&path, pause.clone()).await;
    assert_eq!((status, &body["pause_at_period_end"]), (200, &json!(true)));
    assert_eq!(ada.refused(&path, pause).await.1, "CannotPauseSubscription");
    let unpause = json!({ "pause_at_period_end": false });
    assert_eq!(ada.patch(&path, unpause.clone()).await.0, 200);
    assert_eq!(ada.refused(&path, unpause).await, (409, "NoScheduledPause".to_owned()));
    assert_eq!(
        ada.refused(&path, json!({ "resume": true })).await,
        (409, "NotPausedSubscription".to_owned())
    );
}

#[tokio::test]
async fn plan_and_seats_change_with_their_charge() {
    let ada = Customer::new(true).await;
    let (db, organization_id) = (&ada.app.db, ada.owner.organization_id);
    let offer = Offer::monthly(db, organization_id).await;
    let business = Offer::business(db, organization_id).await;
    let started = offer.subscribe(db, &ada.owner).await;
    let order = format!("/v1/customer-portal/orders/{}", started.order_id);
    let methods = payment_method::list(&db.pool, &ada.owner.clone().into()).await.unwrap();
    let pay = json!({ "payment_method_id": methods[0].payment_method_id });
    let (status, paid) = ada.ask(Method::POST, &format!("{order}/confirm-payment"), &pay).await;
    assert_eq!((status, &paid["status"]), (200, &json!("succeeded")), "{paid}");
    let state = get(&ada.app, &format!("{order}/payment-status"), &ada.token).await.json();
    assert_eq!(state, json!({ "status": "succeeded", "error": null }));
    let (status, body) = ada.ask(Method::POST, &format!("{order}/confirm-payment"), &pay).await;
    assert_eq!((status, &body["error"]), (422, &json!("OrderNotEligibleForRetry")));
    assert!(body["detail"].is_string());

    let path = subscription_path(started.subscription_id);
    let plan = json!({ "product_id": business.product_id });
    sqlx::query("update portal_setting set update_plan = false").execute(&db.pool).await.unwrap();
    let refused = (403, "UpdateSubscriptionPlanNotAllowed".to_owned());
    assert_eq!(ada.refused(&path, plan.clone()).await, refused);
    billing::everything_allowed(db, organization_id).await;
    let (status, body) = ada.patch(&path, plan.clone()).await;
    assert_eq!((status, &body["product_id"]), (200, &plan["product_id"]), "{body}");
    let orders = get(&ada.app, "/v1/customer-portal/orders/", &ada.token).await.json();
    // Both were made at one instant: the clock stands still.
    let reasons: Vec<_> = orders["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|order| order["paid"] == true)
        .map(|order| order["billing_reason"].as_str().unwrap())
        .collect();
    assert!(reasons.len() == 2 && reasons.contains(&"subscription_update"), "{reasons:?}");
    assert_eq!(ada.patch(&path, plan).await, (200, body), "the same once more changes nothing");

    assert_eq!(
        ada.refused(&path, json!({ "seats": 3 })).await,
        (400, "NotASeatBasedSubscription".to_owned())
    );
    let unknown = json!({ "product_id": "00000000-0000-4000-8000-000000000000" });
    let (status, body) = ada.patch(&path, unknown).await;
    assert_eq!((status, &body["detail"][0]["loc"]), (422, &json!(["body", "product_id"])));
    let (status, body) = ada.patch(&path, json!({ "pending_update": null })).await;
    assert_eq!((status, &body["detail"][0]["loc"]), (422, &json!(["body", "pending_update"])));
}

#[tokio::test]
async fn payment_methods_are_told_and_removed() {
    let ada = Customer::new(true).await;
    let list = get(&ada.app, &format!("{ME}/payment-methods"), &ada.token).await.json();
    assert_eq!(list["pagination"], json!({ "total_count": 1, "max_page": 1 }));
    let card = &list["items"][0];
    assert_eq!((&card["type"], &card["processor"]), (&json!("card"), &json!("stripe")));
    assert!(card["method_metadata"]["exp_year"].as_i64() > Some(2000), "{card}");
    let path = format!("{ME}/payment-methods/{}", card["id"].as_str().unwrap());
    let offer = Offer::monthly(&ada.app.db, ada.owner.organization_id).await;
    let started = offer.subscribe(&ada.app.db, &ada.owner).await;
    let (status, body) = ada.ask(Method::DELETE, &path, &Value::Null).await;
    assert_eq!((status, &body["error"]), (400, &json!("PaymentMethodInUseByActiveSubscription")));

    let eve = fixtures::member(&ada.app.db, ada.owner.organization_id, "eve@example.com").await;
    let foreign = customer_token(&ada.app, &eve).await;
    assert_eq!(call(&ada.app, Method::DELETE, &path, &foreign, "").await.status, 404);

    let canceled = subscription_path(started.subscription_id);
    assert_eq!(ada.ask(Method::DELETE, &canceled, &Value::Null).await.0, 200);
    assert_eq!(ada.ask(Method::DELETE, &path, &Value::Null).await, (204, Value::Null));
    assert_eq!(ada.ask(Method::DELETE, &path, &Value::Null).await.0, 404);
}

#[tokio::test]
async fn billing_details_change_part_by_part() {
    let ada = Customer::new(true).await;
    let place = async |body: Value| {
        let (status, body) = ada.patch(ME, body).await;
        (status, body["detail"][0]["type"].clone(), body["detail"][0]["loc"].clone())
    };
    let missing = |field: &str| (422, json!("missing"), json!(["body", field]));
    assert_eq!(place(json!({ "billing_name": "Ada" })).await, missing("billing_address"));
    assert_eq!(place(json!({ "tax_id": "DE129273398" })).await, missing("billing_address"));
    assert_eq!(place(json!({ "billing_address": null })).await, missing("billing_address"));
    let nothing = json!({ "default_payment_method_id": null });
    assert_eq!(place(nothing).await, missing("default_payment_method_id"));
    let unknown = json!({ "default_payment_method_id": "00000000-0000-4000-8000-000000000000" });
    let invalid = (422, json!("invalid"), json!(["body", "default_payment_method_id"]));
    assert_eq!(place(unknown).await, invalid);

    let address = json!({
        "line1": "1 Main St", "line2": "", "postal_code": "10001", "city": "New York", "state": "US-NY", "country": "us"
    });
    let all = json!({ "billing_name": "Ada Ltd", "billing_address": address });
    let (status, body) = ada.patch(ME, all).await;
    assert_eq!((status, &body["billing_name"]), (200, &json!("Ada Ltd")), "{body}");
    assert_eq!(body["billing_address"]["state"], "US-NY");
    assert_eq!(body["billing_address"]["line2"], Value::Null);
    let (status, body) = ada.patch(ME, json!({ "billing_name": "" })).await;
    assert_eq!((status, &body["billing_name"]), (200, &json!("Ada Ltd")));

    let german = json!({ "line1": "Hauptstr. 1", "postal_code": "10115", "city": "Berlin", "country": "DE" });
    let with_tax = json!({ "billing_address": german, "tax_id": "DE129273398" });
    let (status, body) = ada.patch(ME, with_tax).await;
    assert_eq!((status, &body["tax_id"]), (200, &json!(["DE129273398", "eu_vat"])), "{body}");
    let wrong = (422, json!("invalid"), json!(["body", "tax_id"]));
    assert_eq!(place(json!({ "tax_id": "nonsense" })).await, wrong);
    let (status, body) = ada.patch(ME, json!({ "tax_id": "" })).await;
    assert_eq!((status, &body["tax_id"]), (200, &Value::Null));
    let wrong = json!({ "billing_address": { "line1": "x", "postal_code": "1", "city": "y", "country": "DE" } });
    assert_eq!(place(wrong).await.2, json!(["body", "billing_address", "postal_code"]));
}

#[tokio::test]
async fn what_a_change_costs_is_told_before_and_a_subscription_ends_at_once_where_allowed() {
    let ada = Customer::new(false).await;
    let (db, organization_id) = (&ada.app.db, ada.owner.organization_id);
    let offer = Offer::monthly(db, organization_id).await;
    let business = Offer::business(db, organization_id).await;
    let started = offer.subscribe(db, &ada.owner).await;
    record_payment(&db.pool, &mut db.cx(), organization_id, started.order_id).await.unwrap();
    let path = subscription_path(started.subscription_id);
    let next = get(&ada.app, &format!("{path}/charge-preview"), &ada.token).await.json();
    assert_eq!((&next["base_amount"], &next["total_amount"]), (&json!(2_900), &json!(2_900)));
    assert_eq!((&next["prorations"], &next["due_amount"]), (&json!([]), &json!(2_900)));

    billing::everything_allowed(db, organization_id).await;
    let preview = format!("{path}/change-preview");
    let plan = json!({ "product_id": business.product_id });
    let (status, change) = ada.ask(Method::POST, &preview, &plan).await;
    assert_eq!(status, 200, "{change}");
    let parts: i64 = change["prorations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["amount"].as_i64().unwrap())
        .sum();
    assert_eq!(change["proration_amount"], parts);
    let base = change["base_amount"].as_i64().unwrap();
    assert_eq!(change["subtotal_amount"], base + parts);
    let unchanged = get(&ada.app, &path, &ada.token).await.json();
    assert_eq!(unchanged["product_id"], json!(offer.product_id));
    for wrong in [json!({}), json!({ "seats": 1, "product_id": business.product_id })] {
        assert_eq!(ada.ask(Method::POST, &preview, &wrong).await.0, 422);
    }
    let seats = ada.ask(Method::POST, &preview, &json!({ "seats": 2 })).await;
    assert_eq!((seats.0, &seats.1["error"]), (400, &json!("NotASeatBasedSubscription")));

    let owed = get(&ada.app, &format!("{path}/cancel-preview"), &ada.token).await.json();
    assert_eq!(owed, json!({ "stops_collection": false, "outstanding_amount": null }));
    sqlx::query("update portal_setting set cancel_now = false").execute(&db.pool).await.unwrap();
    let revoke = format!("{path}/revoke");
    let why = json!({ "cancellation_reason": "too_expensive" });
    let (status, body) = ada.ask(Method::POST, &revoke, &why).await;
    assert_eq!((status, &body["error"]), (409, &json!("RevokeNotAllowed")));
    sqlx::query("update portal_setting set cancel_now = true").execute(&db.pool).await.unwrap();
    let (status, body) = ada.ask(Method::POST, &revoke, &why).await;
    assert_eq!((status, &body["status"]), (200, &json!("canceled")), "{body}");
    assert_eq!(body["customer_cancellation_reason"], "too_expensive");
    assert!(body["ended_at"].is_string());
    let (status, body) = ada.ask(Method::POST, &revoke, &why).await;
    assert_eq!((status, &body["error"]), (403, &json!("AlreadyCanceledSubscription")));
    assert_eq!(get(&ada.app, &format!("{path}/charge-preview"), &ada.token).await.status, 404);
}

#[tokio::test]
async fn a_method_is_added_at_the_processor_and_confirmed() {
    let ada = Customer::new(true).await;
    let path = format!("{ME}/payment-methods");
    let wanted = json!({ "confirmation_token_id": "ctoken", "set_default": false, "return_url": "https://app.example.com/b?x=1" });
    let (status, begun) = ada.ask(Method::POST, &path, &wanted).await;
    assert_eq!((status, &begun["status"]), (201, &json!("requires_action")), "{begun}");
    let setup = begun["setup_intent_id"].clone();
    let confirm = format!("{path}/confirm");
    let body = json!({ "setup_intent_id": setup, "set_default": true });
    let (status, open) = ada.ask(Method::POST, &confirm, &body).await;
    assert_eq!((status, &open["status"]), (201, &json!("requires_action")), "{open}");

    let card = "number=5555+5555+5555+4444&expiry=12%2F39&cvc=123&name=Ada";
    let entered = ada.app.at_sandbox(begun["action_url"].as_str().unwrap(), Some(card)).await;
    let back = entered.location().strip_prefix("http://127.0.0.1:3000").unwrap().to_owned();
    let led = ada.app.get(&back, "").await;
    let setup_id = setup.as_str().unwrap();
    assert_eq!(
        led.location(),
        format!("https://app.example.com/b?x=1&setup_intent_id={setup_id}&done=added")
    );
    let (status, done) = ada.ask(Method::POST, &confirm, &body).await;
    assert_eq!((status, &done["status"]), (201, &json!("succeeded")), "{done}");
    let (_, me) = ada.ask(Method::GET, ME, &Value::Null).await;
    assert_eq!(me["default_payment_method_id"], done["payment_method"]["id"]);

    let bob = fixtures::member(&ada.app.db, ada.owner.organization_id, "bob@example.com").await;
    let bob = customer_token(&ada.app, &bob).await;
    for (token, body) in
        [(&bob, body), (&ada.token, json!({ "setup_intent_id": "no", "set_default": true }))]
    {
        let refused = call(&ada.app, Method::POST, &confirm, token, &body.to_string()).await;
        assert_eq!(refused.status, 422);
        assert_eq!(refused.json()["detail"][0]["loc"], json!(["body", "setup_intent_id"]));
    }
    let bad = json!({ "set_default": true, "return_url": "javascript:alert(1)" });
    let (status, refused) = ada.ask(Method::POST, &path, &bad).await;
    assert_eq!((status, &refused["detail"][0]["loc"]), (422, &json!(["body", "return_url"])));
}
