//! Mails survive what SMTP servers do.

use std::sync::Arc;

use backend::test_support::fixtures;
use server::{mail::smtp::Smtp, redacted::Redacted};

use crate::support::{TestApp, smtp::FakeSmtp};

async fn ask(app: &TestApp) {
    let asked = app
        .post(
            "/acme/portal/sign-in",
            "",
            "_form=sign-in/request&organization=acme&email=ann%40example.com",
        )
        .await;
    assert_eq!(asked.status, 303, "{}", asked.body);
}

fn transport(address: std::net::SocketAddr) -> Arc<Smtp> {
    let url = Redacted::new(format!("smtp://{address}"));
    Arc::new(Smtp::new(&url, "billing@example.com".parse().unwrap(), "portal.example.com").unwrap())
}

async fn due(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from mail where due_at is not null")
        .fetch_one(&app.db.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_mail_waits_while_the_server_is_down_and_arrives_once() {
    let app = TestApp::start().await;
    let ann = fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    crate::bookkeeping::subscribe(&app, &ann).await;
    let smtp = FakeSmtp::start().await;
    let address = smtp.address();
    smtp.stop().await;
    let worker = app.worker(transport(address));
    worker.run_once().await.unwrap();
    assert_eq!(due(&app).await, 1, "the mail still waits");

    let smtp = FakeSmtp::start_at(address).await;
    worker.run_once().await.unwrap();
    assert_eq!(smtp.mails().len(), 0, "the next try is not due yet");
    app.clock.advance(time::Duration::hours(1));
    worker.run_once().await.unwrap();
    worker.run_once().await.unwrap();
    let mails = smtp.mails();
    assert_eq!(mails.len(), 1);
    assert!(
        mails[0].contains("Auto-Submitted: auto-generated")
            && mails[0].contains("To: ann@example.com")
            || mails[0].contains("<ann@example.com>"),
        "{}",
        mails[0]
    );
    assert_eq!(due(&app).await, 0);
}

#[tokio::test]
async fn a_mail_that_broke_off_is_repeated_with_the_same_message_id() {
    let app = TestApp::start().await;
    let ann = fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    crate::bookkeeping::subscribe(&app, &ann).await;
    let smtp = FakeSmtp::start().await;
    // The server takes the mail and dies before it says so: whether it has it is unknown.
    smtp.break_off_after_data(true);
    let worker = app.worker(transport(smtp.address()));
    worker.run_once().await.unwrap();
    assert_eq!(due(&app).await, 1);
    smtp.break_off_after_data(false);
    app.clock.advance(time::Duration::hours(1));
    worker.run_once().await.unwrap();
    let ids: Vec<String> = smtp.mails().iter().map(|mail| message_id(mail)).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
    assert!(ids[0].ends_with("@portal.example.com>"), "{ids:?}");
    assert_eq!(due(&app).await, 0);
}

#[tokio::test]
async fn a_refused_mail_and_a_late_code_are_dropped_and_counted() {
    let app = TestApp::start().await;
    fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    let smtp = FakeSmtp::start().await;
    smtp.refuse_recipients(true);
    ask(&app).await;
    let worker = app.worker(transport(smtp.address()));
    worker.run_once().await.unwrap();
    smtp.refuse_recipients(false);
    ask(&app).await;
    app.clock.advance(time::Duration::hours(1));
    worker.run_once().await.unwrap();
    let dropped: Vec<String> =
        sqlx::query_scalar("select drop_reason from mail order by drop_reason")
            .fetch_all(&app.db.pool)
            .await
            .unwrap();
    assert_eq!(dropped, ["expired", "refused"]);
    assert_eq!(smtp.mails().len(), 0);
    assert_eq!(due(&app).await, 0);
}

fn message_id(mail: &str) -> String {
    mail.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap().trim().to_owned()
}

#[tokio::test]
async fn every_mail_can_be_looked_at_in_every_language() {
    let app = TestApp::start().await;
    let list = app.get("/dev/mails", "").await;
    for template in server::mail::MAILS {
        for locale in domain::locale::Locale::ALL {
            let path = format!("/dev/mails/{template}/{}", locale.tag());
            assert!(list.body.contains(&format!("href=\"{path}\"")), "{path}");
            let shown = app.get(&path, "").await;
            assert_eq!(shown.status, 200, "{path}");
            assert!(shown.body.contains("Northwind Cloud"), "{path}");
            assert_eq!(app.get(&format!("{path}/html"), "").await.status, 200, "{path}");
        }
    }
    for unknown in ["/dev/mails/nothing/en", "/dev/mails/sign_in/fr", "/dev/mails/nothing/en/html"]
    {
        assert_eq!(app.get(unknown, "").await.status, 404, "{unknown}");
    }
}
