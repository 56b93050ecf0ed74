//! What all operations have in common: versions, slashes, other sites, sizes, unknown addresses.

use axum::{
    body::Body,
    http::{Method, Request},
};
use backend::test_support::fixtures;
use domain::scope::Scope;
use futures::stream;

use super::{access_token, call, customer_token, get};
use crate::support::TestApp;

const ME: &str = "/v1/customer-portal/customers/me";

async fn app_and_token() -> (TestApp, String) {
    let app = TestApp::start().await;
    let owner = fixtures::member(&app.db, app.organization.id, "ada@example.com").await;
    let token = customer_token(&app, &owner).await;
    (app, token)
}

#[tokio::test]
async fn a_slash_at_the_end_and_the_older_prefix_make_no_difference() {
    let (app, token) = app_and_token().await;
    let body = get(&app, ME, &token).await.json();
    for path in ["/v1/customer-portal/customers/me/", "/api/v1/customer-portal/customers/me"] {
        let answer = get(&app, path, &token).await;
        assert_eq!((answer.status, answer.json()), (200, body.clone()), "{path}");
    }
}

#[tokio::test]
async fn versions_are_echoed_and_unknown_ones_not_found() {
    let (app, token) = app_and_token().await;
    for (version, status) in
        [("2026-04", 200), ("2026-10", 200), ("2027-01", 200), ("2025-01", 404), ("", 404)]
    {
        let request = Request::get(ME)
            .header("authorization", format!("bearer {token}"))
            .header("polar-version", version);
        let answer = app.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, status, "{version}");
        if status == 200 {
            assert_eq!(answer.header("polar-version"), version);
        } else {
            assert_eq!(answer.body, r#"{"detail":"Not Found"}"#);
        }
    }
}

#[tokio::test]
async fn pages_of_other_sites_may_call() {
    let (app, token) = app_and_token().await;
    let preflight = Request::options(ME)
        .header("origin", "https://app.example.com")
        .header("access-control-request-method", "PATCH")
        .header("access-control-request-headers", "authorization,content-type,polar-version");
    let answer = app.send(preflight.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert!(answer.header("access-control-allow-methods").contains("PATCH"));
    assert_eq!(answer.header("access-control-allow-credentials"), "");

    let call = Request::post("/v1/customer-sessions/")
        .header("origin", "https://app.example.com")
        .header("sec-fetch-site", "cross-site")
        .header("authorization", format!("Bearer {token}"));
    let answer = app.send(call.body(Body::from("{}")).unwrap()).await;
    assert_eq!(answer.status, 401, "refused as a customer, not for where it comes from");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn cookies_are_not_read() {
    let app = TestApp::start().await;
    let owner = fixtures::member(&app.db, app.organization.id, "ada@example.com").await;
    let answer = app.get(ME, &app.session_cookie(&owner).await).await;
    assert_eq!((answer.status, answer.json()["error"].as_str()), (401, Some("Unauthorized")));
}

#[tokio::test]
async fn unknown_addresses_and_methods_answer_as_clients_expect() {
    let (app, token) = app_and_token().await;
    let answer = get(&app, "/v1/nothing/here", &token).await;
    assert_eq!((answer.status, answer.body.as_str()), (404, r#"{"detail":"Not Found"}"#));
    let answer = call(&app, Method::PUT, ME, &token, "").await;
    assert_eq!((answer.status, answer.body.as_str()), (405, r#"{"detail":"Method Not Allowed"}"#));
    let answer = get(&app, "/v1/nothing/here", "garbage").await;
    assert_eq!((answer.status, answer.json()["error"].as_str()), (401, Some("invalid_token")));
    let answer = get(&app, "/v1/customer-portal/organizations/%zz", "").await;
    assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("BadRequest")));
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn a_body_may_have_a_mebibyte_with_or_without_its_length() {
    let app = TestApp::start().await;
    let owner = fixtures::member(&app.db, app.organization.id, "ada@example.com").await;
    let token = access_token(&app, app.organization.id, Scope::ALL).await;
    let post = async |body: Body| {
        let request = Request::post("/v1/customer-sessions")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        app.send(request.body(body).unwrap()).await
    };
    let text = |length: usize| {
        let mut text = format!(r#"{{"customer_id":"{}"}}"#, owner.customer_id);
        text.push_str(&" ".repeat(length - text.len()));
        text
    };
    let chunked = |text: String| {
        let chunks: Vec<_> = text
            .as_bytes()
            .chunks(1000)
            .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
            .collect();
        Body::from_stream(stream::iter(chunks))
    };
    let most = 1024 * 1024;
    assert_eq!(post(Body::from(text(most))).await.status, 201);
    assert_eq!(post(chunked(text(most))).await.status, 201);
    for body in [Body::from(text(most + 1)), chunked(text(most + 1))] {
        let answer = post(body).await;
        assert_eq!(answer.status, 413);
        assert_eq!(answer.json()["error"], "RequestBodyTooLarge");
    }
}
