//! A wrong start lists every mistake and says what to do; a right one ends with 0.

use backend::test_support::TestDb;

use crate::support::{program::run, scratch_folder};

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
    backend::test_support::fixtures::member(&db, organization.id, "ann@example.com").await;
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
