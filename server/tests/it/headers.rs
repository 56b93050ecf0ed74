//! The security headers stand on every kind of answer.

use axum::{body::Body, http::Request};
use backend::test_support::{billing::charged, fixtures};

use crate::bookkeeping::subscribe;
use crate::support::{Answer, HASHED, TestApp};

fn assert_protected(what: &str, answer: &Answer) {
    let policy = answer.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "'strict-dynamic'",
        "style-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(!policy.contains("unsafe-inline"), "{what}: {policy}");
    let expected = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-frame-options", "DENY"),
    ];
    for (name, value) in expected {
        assert_eq!(answer.header(name), value, "{what}: {name}");
    }
    assert!(answer.header("permissions-policy").contains("camera=()"), "{what}");
    assert_eq!(answer.header("x-request-id").len(), 36, "{what}");
    assert_ne!(answer.header("cache-control"), "", "{what}");
}

#[tokio::test]
async fn every_kind_of_answer_is_protected() {
    let app = TestApp::start().await;
    let member = fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    let cookie = app.session_cookie(&member).await;
    let pages = [
        ("sign-in", "/acme/portal/sign-in", "", 200),
        ("overview", "/acme/portal", cookie.as_str(), 200),
        ("redirect", "/acme/portal", "", 303),
        ("unknown page", "/acme/portal/nothing", cookie.as_str(), 404),
        ("unknown organization", "/nobody/portal", "", 404),
        ("nothing", "/nothing/at/all", "", 404),
        ("damaged address", "/acme/portal/%ff", "", 400),
        ("script", HASHED, "", 200),
        ("missing file", "/pkg/missing.js", "", 404),
        ("icon", "/icon.svg", "", 200),
        ("brand", "/acme/brand.css", "", 200),
        ("unknown function", "/api/unknown", "", 404),
        ("health", "/healthz", "", 200),
        ("ready", "/readyz", "", 200),
        ("mailbox", "/dev/mailbox", "", 200),
        ("stream, signed out", "/acme/portal/events", "", 401),
    ];
    for (what, path, cookie, status) in pages {
        let answer = app.get(path, cookie).await;
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        assert_protected(what, &answer);
    }
    let foreign = Request::post("/acme/portal/sign-in")
        .header("sec-fetch-site", "cross-site")
        .body(Body::empty())
        .unwrap();
    let answer = app.send(foreign).await;
    assert_eq!(answer.status, 403);
    assert_protected("another origin", &answer);
    let answer =
        app.send(Request::post("/api/x").body(Body::from("x".repeat(70_000))).unwrap()).await;
    assert_eq!(answer.status, 413);
    assert_protected("too large", &answer);
    let answer = app.send(Request::put("/healthz").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 405);
    assert_protected("method", &answer);
}

fn without_nonce(answer: &Answer) -> String {
    let policy = answer.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    policy.replace(nonce, "…")
}

#[tokio::test]
async fn only_pages_that_begin_a_payment_may_lead_to_the_processor() {
    let app = TestApp::start().await;
    charged(&app.db, app.organization.id).await;
    let member = fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    let subscription = subscribe(&app, &member).await;
    let order: uuid::Uuid =
        sqlx::query_scalar("select order_id from orders").fetch_one(&app.db.pool).await.unwrap();
    let cookie = app.session_cookie(&member).await;
    for (path, targets) in [
        ("/acme/portal".to_owned(), "'self'"),
        ("/acme/portal/settings/payment-methods".to_owned(), "'self'"),
        (format!("/acme/portal/subscriptions/{subscription}/cancel"), "'self'"),
        ("/acme/portal/sign-in".to_owned(), "'self'"),
        ("/acme/portal/settings/payment-methods/add".to_owned(), "'self' http://localhost:3001"),
        (format!("/acme/portal/subscriptions/{subscription}/plan"), "'self' http://localhost:3001"),
        (format!("/acme/portal/orders/{order}/pay"), "'self' http://localhost:3001"),
        ("/acme/portal/pay/no-token".to_owned(), "'self' http://localhost:3001"),
    ] {
        let answer = app.get(&path, &cookie).await;
        assert_eq!(
            without_nonce(&answer),
            format!(
                "default-src 'none'; script-src 'nonce-…' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: ; \
                 font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
            ),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_database_that_fails_is_told_and_protected_too() {
    let app = TestApp::start().await;
    app.db.pool.close().await;
    let answer = app.get("/acme/portal", "").await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert_protected("no database", &answer);
    assert!(answer.body.contains(answer.header("x-request-id")));
    assert_eq!(app.get("/readyz", "").await.status, 503);
    assert_eq!(app.get("/healthz", "").await.status, 200);
}

#[tokio::test]
async fn the_nonce_of_the_policy_is_the_scripts() {
    let app = TestApp::start().await;
    let member = fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    let cookie = app.session_cookie(&member).await;
    let answer = app.get("/acme/portal", &cookie).await;
    let policy = answer.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert!(nonce.len() >= 22);
    let scripts: Vec<&str> = answer
        .body
        .split("<script")
        .skip(1)
        .map(|script| script.split('>').next().unwrap())
        .collect();
    assert!(!scripts.is_empty());
    for script in scripts {
        assert!(script.contains(&format!("nonce=\"{nonce}\"")), "{script}");
    }
    assert!(
        !answer.body.contains(" style=\"") && !answer.body.contains("<style"),
        "{}",
        answer.body
    );
    let again = app.get("/acme/portal", &cookie).await;
    assert_ne!(again.header("content-security-policy"), policy);
    let sign_in = app.get("/acme/portal/sign-in", "").await;
    assert!(!sign_in.body.contains("<script"), "{}", sign_in.body);
}

#[tokio::test]
async fn an_organization_may_allow_frames_and_tls_brings_hsts() {
    let app = TestApp::at("https://billing.example.com").await;
    sqlx::query("update organization set frame_ancestors = '{https://app.example.com}'")
        .execute(&app.db.pool)
        .await
        .unwrap();
    let answer = app.get("/acme/portal/sign-in", "").await;
    assert!(
        answer
            .header("content-security-policy")
            .ends_with("frame-ancestors https://app.example.com")
    );
    assert_eq!(answer.header("x-frame-options"), "");
    assert_eq!(answer.header("strict-transport-security"), "max-age=63072000");
    let elsewhere = app.get("/nothing", "").await;
    assert!(elsewhere.header("content-security-policy").ends_with("frame-ancestors 'none'"));
    assert_eq!(
        TestApp::start().await.get("/healthz", "").await.header("strict-transport-security"),
        ""
    );
}

#[tokio::test]
async fn hashed_files_are_kept_for_ever_and_pages_never() {
    let app = TestApp::start().await;
    assert_eq!(
        app.get(HASHED, "").await.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    assert_eq!(app.get("/icon.svg", "").await.header("cache-control"), "no-cache");
    assert_eq!(app.get("/acme/portal/sign-in", "").await.header("cache-control"), "no-store");
    assert_eq!(
        app.get("/acme/brand.css", "").await.header("content-type"),
        "text/css; charset=utf-8"
    );
    let small =
        Request::get(HASHED).header("accept-encoding", "gzip, br").body(Body::empty()).unwrap();
    let small = app.send(small).await;
    assert_eq!(
        (small.header("content-encoding"), small.header("content-type"), small.body.as_str()),
        ("br", "text/javascript", "brotli")
    );
}
