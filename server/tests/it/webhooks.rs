//! Webhooks to receivers of every kind: what happened is told at least once, with the same id and body, and nothing is lost.

mod deaths;

use std::{sync::Arc, time::Duration};

use backend::{
    actor::MemberActor,
    test_support::fixtures,
    webhook::{self, ApiVersion, Client, CreateEndpoint, Reach},
};
use domain::{id::WebhookEndpointId, webhook::WebhookEventType};
use server::worker::Worker;

use crate::support::{SECRET, TestApp, receiver::Receiver};

/// An endpoint of the app's organization.
async fn endpoint(app: &TestApp, url: &str, events: &[WebhookEventType]) -> WebhookEndpointId {
    let input = CreateEndpoint {
        organization_id: app.organization.id,
        url: url.to_owned(),
        name: None,
        events: events.to_vec(),
        api_version: ApiVersion::default(),
        uses_standard_webhook_signature: false,
        reach: Reach::PrivateToo,
    };
    webhook::create_endpoint(&app.db.pool, &mut app.db.cx(), input).await.unwrap()
}

const MEMBER: &[WebhookEventType] = &[WebhookEventType::MemberCreated];

fn worker(app: &TestApp) -> Worker {
    app.worker(Arc::new(app.mailbox.clone()))
}

async fn someone(app: &TestApp, email: &str) -> MemberActor {
    fixtures::member(&app.db, app.organization.id, email).await
}

/// Code and response of every try, the oldest first.
async fn tries(app: &TestApp) -> Vec<(Option<i32>, String)> {
    sqlx::query_as(
        "select http_code, response from webhook_attempt order by started_at, webhook_attempt_id",
    )
    .fetch_all(&app.db.pool)
    .await
    .unwrap()
}

async fn states(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar("select state from webhook_delivery order by sequence")
        .fetch_all(&app.db.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_message_is_an_envelope_signed_in_both_key_forms() {
    let (app, receiver) = (TestApp::start().await, Receiver::start().await);
    let endpoint_id = endpoint(&app, &receiver.url("/ok"), MEMBER).await;
    let ada = someone(&app, "ada@example.com").await;
    worker(&app).run_once().await.unwrap();
    worker(&app).run_once().await.unwrap();
    let messages = receiver.received();
    assert_eq!(messages.len(), 1);
    let message = &messages[0];
    let told = message.json();
    assert_eq!(told["type"], "member.created");
    assert_eq!(told["timestamp"], "2026-05-01T09:00:00.000000Z");
    assert_eq!(told["data"]["id"], ada.member_id.to_string());
    assert_eq!(message.header("content-type"), "application/json");
    assert!(message.header("user-agent").starts_with("foyer/"));
    let key = backend::secret::SecretKey::from_hex(SECRET).unwrap();
    let secret_id: uuid::Uuid = sqlx::query_scalar("select secret_id from webhook_endpoint")
        .fetch_one(&app.db.pool)
        .await
        .unwrap();
    let secret = webhook::secret_of(&key, app.organization.id, endpoint_id, secret_id);
    let timestamp_s: i64 = message.header("webhook-timestamp").parse().unwrap();
    let id = message.id().parse().unwrap();
    let signed = webhook::signatures(&[secret], false, id, timestamp_s, &message.body);
    assert_eq!(message.header("webhook-signature"), signed);
    assert_eq!(signed.split(' ').count(), 2);
}

#[tokio::test]
async fn every_kind_of_event_that_exists_can_be_told() {
    let (app, receiver) = (TestApp::start().await, Receiver::start().await);
    endpoint(&app, &receiver.url("/ok"), WebhookEventType::ALL).await;
    let ada = someone(&app, "ada@example.com").await;
    crate::bookkeeping::subscribe(&app, &ada).await;
    worker(&app).run_once().await.unwrap();
    let kinds: std::collections::BTreeSet<String> =
        receiver.received().iter().map(|told| told.json()["type"].to_string()).collect();
    for kind in [
        "customer.created",
        "customer.state_changed",
        "member.created",
        "product.created",
        "product.updated",
        "subscription.created",
        "subscription.updated",
        "subscription.active",
        "order.created",
    ] {
        assert!(kinds.contains(&format!("\"{kind}\"")), "{kind} is not in {kinds:?}");
    }
    assert!(states(&app).await.iter().all(|state| state == "delivered"));
    let subscription = receiver.received();
    let subscription =
        subscription.iter().find(|told| told.json()["type"] == "subscription.created").unwrap();
    let data = &subscription.json()["data"];
    assert!(
        data["customer_cancellation_reason"].is_null() && data["cancellation_reason"].is_null()
    );
    assert!(data.as_object().unwrap().contains_key("cancellation_comment"));
}

#[tokio::test]
async fn what_failed_is_told_again_with_the_same_id_and_body() {
    let (app, receiver) = (TestApp::start().await, Receiver::start().await);
    let id = endpoint(&app, &receiver.url("/500"), MEMBER).await;
    someone(&app, "ada@example.com").await;
    worker(&app).run_once().await.unwrap();
    worker(&app).run_once().await.unwrap();
    assert_eq!(receiver.received().len(), 1, "the next try is not due yet");
    sqlx::query("update member set name = 'Changed meanwhile'")
        .execute(&app.db.pool)
        .await
        .unwrap();
    sqlx::query("update webhook_endpoint set url = $1 where webhook_endpoint_id = $2")
        .bind(receiver.url("/ok"))
        .bind(id.as_uuid())
        .execute(&app.db.pool)
        .await
        .unwrap();
    app.clock.advance(time::Duration::seconds(7));
    worker(&app).run_once().await.unwrap();
    let told = receiver.received();
    assert_eq!(told.len(), 2);
    assert_eq!((told[0].id(), &told[0].body), (told[1].id(), &told[1].body));
    assert_ne!(told[0].header("webhook-timestamp"), told[1].header("webhook-timestamp"));
    let tries = tries(&app).await;
    assert_eq!(tries, [(Some(500), "told at /500".into()), (Some(200), "told at /ok".into())]);
    assert_eq!(states(&app).await, ["delivered"]);
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let (app, receiver) = (TestApp::start().await, Receiver::start().await);
    let private = Receiver::start().await;
    endpoint(&app, &receiver.url(&format!("/redirect?{}", private.url("/secret"))), MEMBER).await;
    someone(&app, "ada@example.com").await;
    worker(&app).run_once().await.unwrap();
    assert_eq!((receiver.received().len(), private.received().len()), (1, 0));
    assert_eq!(tries(&app).await, [(Some(302), String::new())]);
    assert_eq!(states(&app).await, ["pending"]);
}

#[tokio::test]
async fn private_addresses_are_not_called_unless_that_is_configured() {
    let (app, receiver) = (TestApp::start().await, Receiver::start().await);
    endpoint(&app, &receiver.url("/ok"), MEMBER).await;
    let port = receiver.address.port();
    endpoint(&app, &format!("https://localhost:{port}/ok"), MEMBER).await;
    someone(&app, "ada@example.com").await;
    let worker = Worker { webhooks: Client::new(Reach::PublicOnly), ..worker(&app) };
    worker.run_once().await.unwrap();
    assert_eq!(receiver.received().len(), 0);
    let tries = tries(&app).await;
    assert_eq!(tries.len(), 2);
    for (code, told) in tries {
        assert_eq!(code, None);
        assert!(told.contains("https://") || told.contains("public"), "{told}");
    }
}

#[tokio::test]
async fn gone_switches_the_endpoint_off_and_its_owner_is_told() {
    let (app, receiver) = (TestApp::start().await, Receiver::start().await);
    endpoint(&app, &receiver.url("/410"), MEMBER).await;
    someone(&app, "ada@example.com").await;
    let mails = app.deliver().await;
    someone(&app, "bob@example.com").await;
    app.deliver().await;
    assert_eq!(receiver.received().len(), 1);
    let mail = mails.iter().find(|mail| mail.template == "webhook_endpoint_disabled").unwrap();
    assert_eq!(mail.to, "support@example.com");
    assert!(mail.text.contains(&receiver.url("/410")), "{}", mail.text);
}

#[tokio::test]
async fn an_endpoint_may_ask_for_time() {
    let (app, receiver) = (TestApp::start().await, Receiver::start().await);
    endpoint(&app, &receiver.url("/later"), MEMBER).await;
    someone(&app, "ada@example.com").await;
    for (minutes, told) in [(0, 1), (59, 1), (1, 2)] {
        app.clock.advance(time::Duration::minutes(minutes));
        worker(&app).run_once().await.unwrap();
        assert_eq!(receiver.received().len(), told, "after {minutes} minutes more");
    }
}

#[tokio::test]
async fn a_receiver_that_dies_or_says_too_much_is_bounded() {
    let (app, receiver) = (TestApp::start().await, Receiver::start().await);
    let dying = Receiver::dying().await;
    endpoint(&app, &format!("http://{dying}/"), MEMBER).await;
    endpoint(&app, &receiver.url("/long"), MEMBER).await;
    someone(&app, "ada@example.com").await;
    worker(&app).run_once().await.unwrap();
    let mut tries = tries(&app).await;
    tries.sort();
    assert_eq!((tries.len(), tries[0].0), (2, None));
    assert!(!tries[0].1.is_empty());
    assert_eq!((tries[1].0, tries[1].1.len()), (Some(200), 2_048));
    let mut states = states(&app).await;
    states.sort();
    assert_eq!(states, ["delivered", "pending"]);
}

#[tokio::test]
async fn an_endpoint_that_hangs_holds_back_no_other_and_is_given_ten_seconds() {
    let (app, receiver) = (TestApp::start().await, Receiver::start().await);
    endpoint(&app, &receiver.url("/hang"), MEMBER).await;
    endpoint(&app, &receiver.url("/ok"), MEMBER).await;
    for number in 0..8 {
        someone(&app, &format!("ada{number}@example.com")).await;
    }
    let started = std::time::Instant::now();
    let running = tokio::spawn(worker(&app).run());
    while receiver.at("/ok").len() < 8 {
        assert!(started.elapsed() < Duration::from_secs(9), "{:?}", receiver.received().len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(receiver.at("/hang").len(), 4, "only a few at once");
    while tries(&app).await.iter().all(|(code, _)| code.is_some()) {
        assert!(started.elapsed() < Duration::from_secs(25));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(started.elapsed() > Duration::from_secs(9));
    let told = tries(&app).await.into_iter().find(|(code, _)| code.is_none()).unwrap();
    assert_eq!(told.1, "No answer within 10 seconds.");
    app.shutdown.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn first_tries_about_one_object_arrive_in_order() {
    let (app, receiver) = (TestApp::start().await, Receiver::start().await);
    endpoint(&app, &receiver.url("/slow"), WebhookEventType::ALL).await;
    let ada = someone(&app, "ada@example.com").await;
    crate::bookkeeping::subscribe(&app, &ada).await;
    worker(&app).run_once().await.unwrap();
    let told: Vec<String> = receiver
        .received()
        .iter()
        .map(|told| told.json()["type"].as_str().unwrap().to_owned())
        .filter(|told| told.starts_with("subscription."))
        .collect();
    assert_eq!(told, ["subscription.created", "subscription.updated", "subscription.active"]);
}
