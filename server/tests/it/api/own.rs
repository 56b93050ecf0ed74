//! What a customer gets of its own: all that is kept, and what changes.

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream},
    http::{Method, Request},
};
use backend::test_support::{billing, fixtures};
use domain::role::MemberRole;
use futures::StreamExt;
use serde_json::{Value, json};

use super::{call, customer_token, customers::Backend, get, member_token};
use crate::support::TestApp;

const EXPORT: &str = "/v1/customer-portal/customers/me/export";
const STREAM: &str = "/v1/customer-portal/customers/stream";

#[tokio::test]
async fn a_customer_takes_along_all_that_is_kept_of_it() {
    let app = TestApp::start().await;
    billing::charged(&app.db, app.organization.id).await;
    let ada = fixtures::team_owner(&app.db, app.organization.id, "ada@example.com").await;
    let bob = fixtures::colleague(&app.db, &ada, "bob@example.com", MemberRole::Member).await;
    billing::subscribed(&app.db, &ada).await;
    let answer = get(&app, EXPORT, &customer_token(&app, &ada).await).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.header("content-disposition").contains(&ada.customer_id.to_string()));
    let export = answer.json();
    assert_eq!(export["customer"]["email"], "ada@example.com");
    assert_eq!(
        (&export["subscriptions"][0]["amount"], &export["subscriptions"][0]["product_name"]),
        (&json!(2_900), &json!("Pro"))
    );
    let order = &export["orders"][0];
    assert_eq!((&order["net_amount"], &order["total_amount"]), (&json!(2_900), &json!(2_900)));
    assert_eq!(order["invoice_number"], Value::Null);
    assert_eq!(
        (&export["payment_methods"][0]["type"], &export["benefit_grants"]),
        (&json!("card"), &json!([]))
    );
    let refused = get(&app, EXPORT, &member_token(&app, &bob).await).await;
    assert_eq!((refused.status, &refused.json()["error"]), (403, &json!("NotPermitted")));
}

async fn open(app: &TestApp, token: &str) -> BodyDataStream {
    let request = Request::get(STREAM).header("authorization", format!("Bearer {token}"));
    let response = app.open(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response.into_body().into_data_stream()
}

/// The next message; `None` at the end of the stream.
async fn next(stream: &mut BodyDataStream) -> Option<Value> {
    let frame = tokio::time::timeout(Duration::from_secs(20), stream.next())
        .await
        .expect("the stream says something")?;
    let text = String::from_utf8(frame.unwrap().to_vec()).unwrap();
    let data = text.trim().strip_prefix("data: ").unwrap_or_else(|| panic!("{text}"));
    Some(serde_json::from_str(data).unwrap())
}

#[tokio::test]
async fn who_listens_hears_what_changes_and_is_told_to_come_again() {
    let backend = Backend::new().await;
    let app = &backend.app;
    let ada = fixtures::member(&app.db, app.organization.id, "ada@example.com").await;
    let eve = fixtures::member(&app.db, app.organization.id, "eve@example.com").await;
    let (adas, eves) = (customer_token(app, &ada).await, customer_token(app, &eve).await);
    // What happened so far lies behind.
    app.clock.advance(time::Duration::minutes(5));
    let (mut stream, mut other) = (open(app, &adas).await, open(app, &eves).await);
    let live = app.state.live.clone();
    tokio::spawn(live.run(app.state.portal.clone(), app.wake(), app.shutdown.clone()));
    let path = format!("/v1/customers/{}", ada.customer_id);
    let (status, _) = backend.ask(Method::PATCH, &path, json!({ "name": "Secret" })).await;
    assert_eq!(status, 200);
    let told = next(&mut stream).await.unwrap();
    assert_eq!(told["key"], "customer.changed");
    assert_eq!(told["payload"], json!({ "customer_id": ada.customer_id }));
    assert!(told["id"].is_string());
    let (status, _) = backend.ask(Method::DELETE, &path, Value::Null).await;
    assert_eq!(status, 204);
    let reconnect = json!({ "type": "reconnect" });
    let mut last = next(&mut stream).await.unwrap();
    while last != reconnect {
        last = next(&mut stream).await.unwrap();
    }
    assert_eq!(next(&mut stream).await, None, "its session is over");
    assert_eq!(call(app, Method::GET, STREAM, &adas, "").await.status, 401);
    app.shutdown.cancel();
    assert_eq!(next(&mut other).await, Some(reconnect), "nothing was told to the other customer");
}
