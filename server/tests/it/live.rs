//! The event stream of an open page.

use std::time::Duration;

use axum::{body::Body, http::Request};
use backend::{
    subscription::{self, CancelSubscription},
    test_support::fixtures,
};
use futures::StreamExt;

use crate::{bookkeeping::subscribe, support::TestApp};

async fn open(app: &TestApp, cookie: &str) -> axum::body::BodyDataStream {
    let request =
        Request::get("/acme/portal/events").header("cookie", cookie).body(Body::empty()).unwrap();
    let response = app.open(request).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response.into_body().into_data_stream()
}

async fn next(stream: &mut axum::body::BodyDataStream) -> Option<String> {
    let frame = tokio::time::timeout(Duration::from_secs(10), stream.next())
        .await
        .expect("the stream says something");
    frame.map(|bytes| String::from_utf8(bytes.unwrap().to_vec()).unwrap())
}

#[tokio::test]
async fn a_change_is_told_to_its_customer_alone_and_the_end_ends_it() {
    let app = TestApp::start().await;
    let ann = fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    let bob = fixtures::member(&app.db, app.organization.id, "bob@example.com").await;
    let subscription = subscribe(&app, &ann).await;
    let (anns, bobs) = (app.session_cookie(&ann).await, app.session_cookie(&bob).await);
    // What happened so far lies behind.
    app.clock.advance(time::Duration::minutes(5));
    let (mut stream, mut other) = (open(&app, &anns).await, open(&app, &bobs).await);
    tokio::spawn(app.state.live.clone().run(
        app.state.portal.clone(),
        app.wake(),
        app.shutdown.clone(),
    ));

    let mut cx = backend::context::Context::new(
        backend::actor::Actor::Member(ann.clone()),
        backend::clock::Clock::now(&*app.clock),
        app.db.rng(),
    );
    let input = CancelSubscription { subscription_id: subscription, reason: None, comment: None };
    subscription::cancel(&app.db.pool, &mut cx, input).await.unwrap();
    let told = next(&mut stream).await.unwrap();
    assert!(
        told.contains("event: change")
            && told.contains(&subscription.to_string())
            && told.contains("\"kind\":\"subscription\""),
        "{told}"
    );
    assert!(!told.contains("Pro") && !told.contains("2400"));

    app.shutdown.cancel();
    assert_eq!(next(&mut stream).await, None, "shutdown ends the streams");
    assert_eq!(next(&mut other).await, None, "nothing was told to the other customer");
}

#[tokio::test]
async fn the_end_of_the_session_ends_its_streams() {
    let app = TestApp::start().await;
    let ann = fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    let cookie = app.session_cookie(&ann).await;
    app.clock.advance(time::Duration::minutes(1));
    let mut stream = open(&app, &cookie).await;
    tokio::spawn(app.state.live.clone().run(
        app.state.portal.clone(),
        app.wake(),
        app.shutdown.clone(),
    ));
    let out = app.post("/acme/portal", &cookie, "_form=sign-out&organization=acme").await;
    assert_eq!(out.status, 303, "{}", out.body);
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test]
async fn nobody_listens_without_a_session() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/acme/portal/events", "").await.status, 401);
    assert_eq!(app.get("/nobody/portal/events", "").await.status, 404);
}
