//! Workers that are killed while messages are on their way: every one arrives all the same.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use backend::{
    clock::{Clock, SystemClock},
    test_support::{TestDb, fixtures},
    webhook::{self, ApiVersion, CLAIM_LASTS, CreateEndpoint, Reach},
};
use domain::webhook::WebhookEventType;

use crate::support::{SECRET, program::foyer, receiver::Receiver, scratch_folder};

const MEMBERS: usize = 20;
const DEATHS: usize = 3;

fn worker(db: &TestDb, folder: &Path) -> Child {
    foyer(&["worker", "--database-url", &db.url()])
        .args(["--public-url", "http://127.0.0.1:3000", "--secret-key", SECRET])
        .args(["--database-connections", "6", "--log", "error", "--webhooks-allow-private"])
        .arg("--dev-mailbox")
        .arg(folder.join("mailbox"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

async fn wait_until(what: &str, is_so: impl AsyncFn() -> bool) {
    let until = Instant::now() + Duration::from_mins(2);
    while !is_so().await {
        assert!(Instant::now() < until, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn waiting(db: &TestDb) -> i64 {
    let sql = "select count(*) from webhook_delivery where due_at is not null";
    sqlx::query_scalar(sql).fetch_one(&db.pool).await.unwrap()
}

async fn advance(db: &TestDb, offset_s: i64) {
    sqlx::query("update demo_clock set offset_s = $1")
        .bind(offset_s)
        .execute(&db.pool)
        .await
        .unwrap();
}

#[tokio::test]
async fn none_is_lost_by_kill_and_each_keeps_its_id() {
    let (db, receiver, folder) = (TestDb::new().await, Receiver::start().await, scratch_folder());
    db.clock.set(SystemClock.now());
    sqlx::query("insert into demo_clock (offset_s) values (0)").execute(&db.pool).await.unwrap();
    let organization_id = fixtures::organization(&db, "acme").await;
    let input = CreateEndpoint {
        organization_id,
        url: receiver.url("/slow"),
        name: None,
        events: vec![WebhookEventType::MemberCreated, WebhookEventType::CustomerCreated],
        api_version: ApiVersion::default(),
        uses_standard_webhook_signature: false,
        reach: Reach::PrivateToo,
    };
    webhook::create_endpoint(&db.pool, &mut db.cx(), input).await.unwrap();
    for number in 0..MEMBERS {
        fixtures::member(&db, organization_id, &format!("ada{number}@example.com")).await;
    }
    let mut offset_s = 0;
    for death in 1..=DEATHS {
        let before = receiver.received().len();
        let mut dying = worker(&db, &folder);
        // Some have been answered, others are on their way.
        wait_until("messages arrive", async || receiver.received().len() >= before + 6).await;
        dying.kill().unwrap();
        dying.wait().unwrap();
        assert!(waiting(&db).await > 0, "death {death} came too late");
        offset_s += CLAIM_LASTS.whole_seconds() + 1;
        advance(&db, offset_s).await;
    }
    let mut healthy = worker(&db, &folder);
    wait_until("nothing waits", async || waiting(&db).await == 0).await;
    healthy.kill().unwrap();
    healthy.wait().unwrap();
    let told: Vec<String> =
        receiver.received().iter().map(|message| message.id().to_owned()).collect();
    let known: Vec<String> = sqlx::query_scalar("select webhook_event_id::text from webhook_event")
        .fetch_all(&db.pool)
        .await
        .unwrap();
    let (told_ids, known): (BTreeSet<_>, BTreeSet<_>) =
        (told.iter().collect(), known.iter().collect());
    assert_eq!(known.len(), 2 * MEMBERS);
    assert_eq!(told_ids, known, "each arrives, under its own id");
    assert!(told.len() > known.len(), "what was on its way at a death is told again");
    std::fs::remove_dir_all(&folder).unwrap();
}
