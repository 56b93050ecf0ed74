//! Whatever comes in: the right status, a clear page, never a 500.

use axum::{body::Body, http::Request};
use backend::test_support::fixtures;

use crate::support::{Answer, TestApp};

const UNKNOWN: &str = "/acme/portal/subscriptions/01930000-0000-7000-8000-000000000009";

#[tokio::test]
async fn the_table() {
    let app = TestApp::start().await;
    let member = fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    let cookie = app.session_cookie(&member).await;
    let long = format!("/acme/portal?x={}", "a".repeat(5000));
    let gets: [(&str, &str, &[u16]); 17] = [
        ("malformed id", "/acme/portal/subscriptions/not-an-id", &[404]),
        ("malformed id, cancel", "/acme/portal/subscriptions/not-an-id/cancel", &[404]),
        ("unknown subscription", UNKNOWN, &[404]),
        ("malformed order", "/acme/portal/orders/1%27%20or%201%3D1", &[404]),
        ("unknown organization", "/nobody/portal/orders", &[404]),
        ("reserved slug", "/api/portal", &[404]),
        ("page -1", "/acme/portal/orders?page=-1", &[404, 422]),
        ("page 0", "/acme/portal/orders?page=0", &[404, 422]),
        ("page words", "/acme/portal/orders?page=last", &[404, 422]),
        ("page huge", "/acme/portal/orders?page=99999999999999999999", &[404, 422]),
        ("status unknown", "/acme/portal/orders?status=nonsense", &[200, 404, 422]),
        (
            "an error in the address",
            "/acme/portal?__path=/api/x&__err=eyJ4Ijoi&__err=%22hello%22",
            &[200],
        ),
        ("half an escape", "/acme/portal/%E0%A4%A", &[400]),
        ("not utf-8", "/acme/portal/orders?page=%ff", &[400]),
        ("a NUL", "/acme%00/portal", &[400]),
        ("long address", &long, &[414]),
        ("dots", "/acme/portal/../../etc/passwd", &[404]),
    ];
    for (what, path, expected) in gets {
        let answer = app.get(path, &cookie).await;
        assert!(expected.contains(&answer.status), "{what}: {} {}", answer.status, answer.body);
        assert_readable(what, &answer);
        assert!(!answer.body.contains("hello"), "{what}");
    }
}

#[tokio::test]
async fn cookies_of_garbage_are_nobody() {
    let app = TestApp::start().await;
    let name = format!("foyer_{}", app.organization.id.as_uuid().simple());
    for value in [
        "",
        "x",
        "foyer_mst_",
        "\"",
        "=",
        "%00",
        "a b",
        &"x".repeat(5000),
        "'; drop table session; --",
    ] {
        let answer = app.get("/acme/portal", &format!("{name}={value}; {name}_link={value}")).await;
        assert_eq!((answer.status, answer.location()), (303, "/acme/portal/sign-in"), "{value}");
        let answer = app.get("/acme/portal/sign-in/link", &format!("{name}_link={value}")).await;
        assert!(
            (400..500).contains(&answer.status) || answer.status == 200,
            "{value}: {}",
            answer.status
        );
    }
    let raw = Request::get("/acme/portal")
        .header("cookie", &b"\xff\xfe=\x80"[..])
        .body(Body::empty())
        .unwrap();
    assert_eq!(app.send(raw).await.status, 303);
}

#[tokio::test]
async fn another_customers_things_do_not_exist() {
    let app = TestApp::start().await;
    let ann = fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    let bob = fixtures::member(&app.db, app.organization.id, "bob@example.com").await;
    let other = fixtures::organization(&app.db, "other").await;
    let eve = fixtures::member(&app.db, other, "eve@example.com").await;
    let subscription = crate::bookkeeping::subscribe(&app, &ann).await;
    let path = format!("/acme/portal/subscriptions/{subscription}");
    let own = app.get(&path, &app.session_cookie(&ann).await).await;
    assert_eq!(own.status, 200, "{}", own.body);
    let bobs = app.session_cookie(&bob).await;
    for page in ["", "/cancel", "/keep"] {
        assert_eq!(app.get(&format!("{path}{page}"), &bobs).await.status, 404, "{page}");
    }
    let cancel = app
        .post(
            &format!("{path}/cancel"),
            &bobs,
            &format!("_form=subscription/cancel&organization=acme&subscription_id={subscription}"),
        )
        .await;
    assert!((400..500).contains(&cancel.status), "{}", cancel.status);
    // A session of another organization, under this one's cookie name.
    let foreign = fixtures::session(&app.db, &eve).await;
    let cookie =
        format!("foyer_{}={}", app.organization.id.as_uuid().simple(), foreign.token.expose());
    assert_eq!(app.get(&path, &cookie).await.status, 303);
}

#[tokio::test]
async fn requests_of_other_sites_change_nothing() {
    let app = TestApp::start().await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        for path in ["/acme/portal/sign-in", "/api/sign-in/request"] {
            let request = Request::post(path)
                .header(name, value)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from(
                    "_form=sign-in/request&organization=acme&email=ann%40example.com",
                ));
            let answer = app.send(request.unwrap()).await;
            assert_eq!(answer.status, 403, "{name}: {value} {path}");
            assert_readable(value, &answer);
        }
    }
    let asked: i64 =
        sqlx::query_scalar("select count(*) from sign_in").fetch_one(&app.db.pool).await.unwrap();
    assert_eq!(asked, 0);
}

#[tokio::test]
async fn forms_that_no_page_of_ours_has() {
    let app = TestApp::start().await;
    let member = fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    let cookie = app.session_cookie(&member).await;
    let address = format!(
        "_form=sign-in/request&organization=acme&email={}%40example.com",
        "a".repeat(10_000)
    );
    let forms: [(&str, &str, &str); 6] = [
        ("no form", "/acme/portal", ""),
        ("unknown form", "/acme/portal", "_form=nonsense"),
        ("binary", "/acme/portal", "\0\u{1}%%%=&&==%ff"),
        ("address of 10 kB", "/acme/portal/sign-in", &address),
        (
            "forged role",
            "/acme/portal/sign-in",
            "_form=sign-in/request&organization=acme&email=x&role=owner&member_id=1",
        ),
        (
            "forged organization",
            "/acme/portal/sign-in",
            "_form=sign-in/request&organization=nobody&email=ann%40example.com",
        ),
    ];
    for (what, path, fields) in forms {
        let cookie = if path.contains("sign-in") { "" } else { &cookie };
        let answer = app.post(path, cookie, fields).await;
        assert!(
            (400..500).contains(&answer.status),
            "{what}: {} {}",
            answer.status,
            answer.location()
        );
        assert_readable(what, &answer);
    }
    let code = "_form=sign-in/code&organization=acme&code=ABC234";
    let answer = app.post("/acme/portal/sign-in/code", "", code).await;
    assert_eq!((answer.status, answer.location()), (303, "/acme/portal/sign-in"), "nobody asked");
    let answer = app.post("/acme/portal", &cookie, &"a".repeat(65 * 1024)).await;
    assert_eq!(answer.status, 413);
    assert_readable("a body over the limit", &answer);
}

#[tokio::test]
async fn an_unknown_server_function_says_reload() {
    let app = TestApp::start().await;
    let answer = app.post("/api/of-next-year", "", "").await;
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("\"code\":\"reload\""), "{}", answer.body);
    assert_eq!(app.get("/api/sign-in/request", "").await.status, 405);
}

#[tokio::test]
async fn proxies_are_believed_only_when_trusted_and_metrics_stay_inside() {
    let app = TestApp::start().await;
    // No peer address is known without a socket, so this is nobody's own machine.
    assert_eq!(app.get("/metrics", "").await.status, 404);
    let near = Request::get("/metrics")
        .extension(axum::extract::ConnectInfo(std::net::SocketAddr::from(([127, 0, 0, 1], 9))));
    let answer = app.send(near.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("http_requests_total"), "{}", answer.body);
    let proxied = Request::get("/metrics")
        .extension(axum::extract::ConnectInfo(std::net::SocketAddr::from(([127, 0, 0, 1], 9))))
        .header("x-forwarded-for", "203.0.113.9");
    assert_eq!(app.send(proxied.body(Body::empty()).unwrap()).await.status, 404);
}

/// A person can read it: it has words, and when it is a refusal, the id of the request or a way on.
fn assert_readable(what: &str, answer: &Answer) {
    assert_ne!(answer.status, 500, "{what}: {}", answer.body);
    if answer.status < 300 || answer.status >= 400 {
        assert!(
            answer.body.contains("<h1")
                || answer.body.contains("\"code\"")
                || answer.header("content-type").contains("json"),
            "{what}: {}",
            answer.body
        );
        assert!(!answer.body.contains("panicked"), "{what}");
    }
}
