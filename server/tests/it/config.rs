//! A wrong start lists every mistake and says what to do; a right one ends with 0.

use backend::{
    clock::{Clock, SystemClock},
    test_support::{TestDb, fixtures},
};

use crate::support::{TestApp, program::run, scratch_folder};

#[test]
fn all_mistakes_are_listed_at_once() {
    let output = run(&[
        "serve",
        "--listen",
        "here",
        "--public-url",
        "http://billing.example.com",
        "--trusted-proxies",
        "x",
        "--secret-key",
        "y",
    ]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    for flag in [
        "--listen",
        "--public-url",
        "--trusted-proxies",
        "--secret-key",
        "--database-url",
        "--site-root",
        "--smtp-url",
        "--mail-from",
    ] {
        assert!(told.contains(flag), "{flag} is missing in:\n{told}");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn every_command_has_help() {
    for command in [
        vec!["--help"],
        vec!["serve", "--help"],
        vec!["worker", "--help"],
        vec!["migrate", "--help"],
        vec!["demo", "--help"],
        vec!["organization", "create", "--help"],
        vec!["organization", "processor", "--help"],
        vec!["organization", "dunning", "--help"],
        vec!["refund", "--help"],
        vec!["token", "create", "--help"],
        vec!["hand-over", "create", "--help"],
    ] {
        let output = run(&command);
        assert!(output.status.success(), "{command:?}");
        assert!(String::from_utf8(output.stdout).unwrap().contains("Usage: foyer"), "{command:?}");
    }
}

/// From a database with the schema to an organization with a token and a customer's link, by the program alone.
#[tokio::test]
async fn a_company_starts_without_the_demo() {
    let db = TestDb::new().await;
    let url = db.url();
    let migrate = run(&["migrate", "--database-url", &url]);
    assert!(migrate.status.success(), "{}", String::from_utf8_lossy(&migrate.stderr));
    assert!(String::from_utf8(migrate.stdout).unwrap().contains("up to date"));
    let create = [
        "organization",
        "create",
        "--slug",
        "northwind",
        "--name",
        "Northwind",
        "--time-zone",
        "Europe/Berlin",
        "--database-url",
        &url,
    ];
    let created = run(&create);
    assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
    let again = run(&create);
    assert_eq!(again.status.code(), Some(2));
    assert!(
        String::from_utf8(again.stderr).unwrap().contains("--slug belongs to another organization")
    );

    let token = run(&[
        "token",
        "create",
        "--organization",
        "northwind",
        "--name",
        "backend",
        "--database-url",
        &url,
    ]);
    let token = String::from_utf8(token.stdout).unwrap();
    assert!(token.starts_with("foyer_oat_"), "{token}");
    let actor = backend::access_token::authenticate(
        &db.pool,
        token.trim(),
        time::OffsetDateTime::UNIX_EPOCH,
    )
    .await
    .unwrap();
    assert!(actor.is_some());

    let organization =
        backend::organization::find_by_slug(&db.pool, "northwind").await.unwrap().unwrap();
    fixtures::member(&db, organization.id, "ann@example.com").await;
    let link = [
        "hand-over",
        "create",
        "--organization",
        "northwind",
        "--email",
        "ann@example.com",
        "--database-url",
        &url,
    ];
    let link = run(&[&link[..], &["--public-url", "https://billing.example.com"]].concat());
    let printed = String::from_utf8(link.stdout).unwrap();
    assert!(
        printed.starts_with("https://billing.example.com/northwind/portal/hand-over?code="),
        "{printed}"
    );
    let unknown = run(&[
        "hand-over",
        "create",
        "--organization",
        "northwind",
        "--email",
        "x@example.com",
        "--database-url",
        &url,
        "--public-url",
        "http://localhost",
    ]);
    assert_eq!(unknown.status.code(), Some(2));
}

/// Runs it on this database; its exit code, and all that it said.
fn said(words: &[&str], url: &str) -> (Option<i32>, String) {
    let output = run(&[words, &["--database-url", url]].concat());
    let told = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(told).unwrap())
}

#[tokio::test]
async fn who_charges_how_it_is_retried_and_what_goes_back() {
    let app = TestApp::start().await;
    let (url, organization_id) = (app.db.url(), app.organization.id);
    // The program reads the system's clock.
    app.db.clock.set(SystemClock.now());
    app.clock.set(SystemClock.now());
    for (words, told) in [
        (&["organization", "processor", "acme", "stripe"][..], "Stripe charges"),
        (&["organization", "processor", "acme", "none"], "Nobody charges"),
        (&["organization", "processor", "acme", "sandbox"], "no money moves"),
        (
            &["organization", "dunning", "acme", "--retry-days", "1,3", "--grace-days", "0"],
            "after 1, 3 days",
        ),
    ] {
        let (code, all) = said(words, &url);
        assert_eq!(code, Some(0), "{all}");
        assert!(all.contains(told), "{all}");
    }
    let kept: (Option<String>, Vec<i16>, i16) = sqlx::query_as(
        "select payment_processor, dunning_retry_days, benefit_grace_days from organization",
    )
    .fetch_one(&app.db.pool)
    .await
    .unwrap();
    assert_eq!(kept, (Some("sandbox".to_owned()), vec![1, 3], 0));

    let member = fixtures::member(&app.db, organization_id, "ann@example.com").await;
    crate::bookkeeping::subscribe(&app, &member).await;
    let order: uuid::Uuid =
        sqlx::query_scalar("select order_id from orders").fetch_one(&app.db.pool).await.unwrap();
    let order = order.to_string();
    let refund = |more: &[&str]| {
        let words = ["refund", &order, "--organization", "acme", "--reason", "customer-request"];
        said(&[&words[..], more].concat(), &url)
    };
    assert!(refund(&[]).1.contains("not paid"));
    app.deliver().await;
    for (more, code, told) in [
        (&["--amount", "24.01"][..], 2, "only €24.00 are left"),
        (&["--amount", "x"], 2, "--amount must be"),
        (&["--amount", "4.00", "--comment", "sorry"], 0, "€4.00 of the order goes back"),
        (&[], 0, "All that is left"),
        (&[], 2, "given back already"),
    ] {
        let (found, all) = refund(more);
        assert_eq!(found, Some(code), "{more:?}: {all}");
        assert!(all.contains(told), "{all}");
    }
    app.clock.set(SystemClock.now());
    app.deliver().await;
    let stands: (String, i64) = sqlx::query_as(
        "select status, (select sum(amount_minor) from sandbox.refund)::bigint from orders",
    )
    .fetch_one(&app.db.pool)
    .await
    .unwrap();
    assert_eq!(stands, ("refunded".to_owned(), 2400));

    for (words, told) in [
        (&["organization", "processor", "nobody", "none"][..], "there is no `nobody`"),
        (&["organization", "dunning", "acme", "--retry-days", "0"], "--retry-days must be"),
        (&["organization", "dunning", "acme", "--grace-days", "61"], "--grace-days must be"),
        (&["refund", "x", "--organization", "acme", "--reason", "other"], "ORDER-ID is no id"),
        (
            &[
                "refund",
                &member.customer_id.to_string(),
                "--organization",
                "acme",
                "--reason",
                "other",
            ],
            "no such order",
        ),
        (&["refund", &order, "--organization", "acme", "--reason", "order-void"], "choose one of"),
    ] {
        let (code, all) = said(words, &url);
        assert_eq!(code, Some(2), "{all}");
        assert!(all.contains(told), "{all}");
    }
}

#[tokio::test]
async fn the_demo_is_loaded_once_and_its_token_kept() {
    let db = TestDb::new().await;
    let (url, folder) = (db.url(), scratch_folder());
    let data_dir = folder.to_str().unwrap();
    let arguments = [
        "demo",
        "--database-url",
        &url,
        "--public-url",
        "http://127.0.0.1:3000",
        "--data-dir",
        data_dir,
    ];
    let first = run(&arguments);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let written = server::demo_file::read(&folder).unwrap();
    assert_eq!(written.mailbox_url, "http://127.0.0.1:3000/dev/mailbox");
    assert_eq!(written.customers.len(), 40);
    let again = run(&arguments);
    assert!(again.status.success());
    assert_eq!(server::demo_file::read(&folder).unwrap(), written);
    let advanced = run(&[&arguments[..], &["--advance", "1month"]].concat());
    assert!(advanced.status.success(), "{}", String::from_utf8_lossy(&advanced.stderr));
    std::fs::remove_dir_all(folder).unwrap();
}
