//! The built program on one database: two at once, a database that goes away, a clean end.

use std::time::{Duration, Instant};

use backend::test_support::{TestDb, fixtures};
use sqlx::{AssertSqlSafe, PgPool};

use crate::support::{program::Running, scratch_folder};

const ASK: &str = "_form=sign-in/request&organization=acme&email=ann%40example.com";

async fn until(what: &str, mut reached: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !reached().await {
        assert!(Instant::now() < end, "{what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn sent(db: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from mail where sent_at is not null")
        .fetch_one(db)
        .await
        .unwrap_or(-1)
}

#[tokio::test]
async fn two_processes_share_the_work_and_each_mail_leaves_once() {
    let db = TestDb::new().await;
    let organization = fixtures::organization(&db, "acme").await;
    fixtures::member(&db, organization, "ann@example.com").await;
    let folder = scratch_folder();
    let (one, two) =
        (Running::serve(&db.url(), &folder).await, Running::serve(&db.url(), &folder).await);
    for (index, process) in [&one, &two, &one, &two].into_iter().enumerate() {
        let (status, answer) = process.post("/acme/portal/sign-in", "", ASK).await.unwrap();
        assert_eq!(status, 303, "{index}: {answer}");
    }
    until("four mails were sent", async || sent(&db.pool).await == 4).await;
    let lines = format!("{}{}", one.log(), two.log());
    assert_eq!(lines.matches("\"message\":\"mail sent\"").count(), 4, "{lines}");
    // What one process began the other ends: cookies and limits are shared.
    let (_, asked) = one.get("/acme/portal/sign-in").await.unwrap();
    assert!(asked.contains("content-security-policy"));
    assert_eq!(one.end().await, Some(0));
    assert_eq!(two.get("/healthz").await.unwrap().0, 200);
    assert_eq!(two.end().await, Some(0));
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_database_that_goes_away_is_found_again() {
    let db = TestDb::new().await;
    let organization = fixtures::organization(&db, "acme").await;
    fixtures::member(&db, organization, "ann@example.com").await;
    let folder = scratch_folder();
    let process = Running::serve(&db.url(), &folder).await;
    let name = db.url().rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
    let server = PgPool::connect(&std::env::var("TEST_DATABASE_URL").unwrap()).await.unwrap();
    let gate =
        |open: bool| AssertSqlSafe(format!("alter database {name} allow_connections {open}"));
    sqlx::query(gate(false)).execute(&server).await.unwrap();
    let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1";
    sqlx::query(end).bind(&name).execute(&server).await.unwrap();
    process.wait_for("/readyz", 503).await;
    let (status, answer) = process.get("/acme/portal/sign-in").await.unwrap();
    assert_eq!(status, 503, "{answer}");
    assert_eq!(process.get("/healthz").await.unwrap().0, 200);
    sqlx::query(gate(true)).execute(&server).await.unwrap();
    process.wait_for("/readyz", 200).await;
    let (status, answer) = process.post("/acme/portal/sign-in", "", ASK).await.unwrap();
    assert_eq!(status, 303, "{answer}");
    until("the mail was sent", async || sent(&db.pool).await == 1).await;
    assert_eq!(process.end().await, Some(0));
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_killed_process_loses_no_mail() {
    let db = TestDb::new().await;
    let organization = fixtures::organization(&db, "acme").await;
    fixtures::member(&db, organization, "ann@example.com").await;
    let folder = scratch_folder();
    let first = Running::serve(&db.url(), &folder).await;
    let (status, _) = first.post("/acme/portal/sign-in", "", ASK).await.unwrap();
    assert_eq!(status, 303);
    first.kill();
    // A claim that died with its process comes due again; here time is moved for it.
    sqlx::query("update mail set due_at = now() - interval '1 second' where due_at is not null")
        .execute(&db.pool)
        .await
        .unwrap();
    let second = Running::serve(&db.url(), &folder).await;
    until("the mail was sent", async || sent(&db.pool).await == 1).await;
    assert_eq!(second.end().await, Some(0));
    std::fs::remove_dir_all(folder).unwrap();
}
