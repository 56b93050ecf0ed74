//! Stripe's messages, through the whole router.

use axum::{
    body::Body,
    http::{Request, header},
};
use backend::payment::signature_header;

use crate::support::{Answer, STRIPE_WEBHOOK_SECRET, TestApp};

const PATH: &str = "/webhooks/stripe";
const MESSAGE: &str = r#"{"id":"evt_1","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","metadata":{
    "foyer_organization_id":"00000000-0000-0000-0000-000000000001","foyer_payment_attempt_id":"00000000-0000-0000-0000-000000000002"}}}}"#;

async fn post(app: &TestApp, body: impl Into<String>, signature: Option<String>) -> Answer {
    let mut request =
        Request::post(PATH).header(header::CONTENT_TYPE, "application/json; charset=utf-8");
    if let Some(signature) = signature {
        request = request.header("stripe-signature", signature);
    }
    app.send(request.body(Body::from(body.into())).unwrap()).await
}

#[tokio::test]
async fn signed_messages_are_taken_as_often_as_they_come() {
    let app = TestApp::start().await;
    let sign =
        |body: &str| Some(signature_header(STRIPE_WEBHOOK_SECRET, app.db.now(), body.as_bytes()));
    for _ in 0..2 {
        assert_eq!(post(&app, MESSAGE, sign(MESSAGE)).await.status, 200);
    }
    let unknown = r#"{"id":"evt_2","type":"account.updated","data":{"object":{}}}"#;
    assert_eq!(post(&app, unknown, sign(unknown)).await.status, 200);
    let noted: i64 = sqlx::query_scalar("select count(*) from processor_event")
        .fetch_one(&app.db.pool)
        .await
        .unwrap();
    assert_eq!(noted, 1, "one message about a charge, once");
}

#[tokio::test]
async fn what_stripe_did_not_sign_is_refused() {
    let app = TestApp::start().await;
    let forged = signature_header("whsec_of_somebody_else", app.db.now(), MESSAGE.as_bytes());
    let old = app.db.now() - time::Duration::minutes(6);
    let old = signature_header(STRIPE_WEBHOOK_SECRET, old, MESSAGE.as_bytes());
    for signature in [None, Some(String::new()), Some(forged), Some(old)] {
        assert_eq!(post(&app, MESSAGE, signature.clone()).await.status, 400, "{signature:?}");
    }
    let not_json = signature_header(STRIPE_WEBHOOK_SECRET, app.db.now(), b"x");
    assert_eq!(post(&app, "x", Some(not_json)).await.status, 400);
    let huge = "x".repeat(100_000);
    let signature = signature_header(STRIPE_WEBHOOK_SECRET, app.db.now(), huge.as_bytes());
    assert_eq!(post(&app, huge, Some(signature)).await.status, 413);
    assert_eq!(app.get(PATH, "").await.status, 405);
}
