//! What refusals say, and where languages come from.

use axum::{body::Body, http::Request};

use crate::support::{Answer, TestApp};

fn without_id(answer: &Answer) -> String {
    answer.body.replace(answer.header("x-request-id"), "[request id]")
}

#[tokio::test]
async fn refusals_speak_plainly_in_both_languages() {
    let app = TestApp::start().await;
    for language in ["en", "de"] {
        let ask = |path: &str| {
            Request::get(path)
                .header("accept-language", language)
                .header("accept", "text/html")
                .body(Body::empty())
                .unwrap()
        };
        let answer = app.send(ask("/nobody/portal")).await;
        insta::assert_snapshot!(format!("unknown_organization.{language}"), without_id(&answer));
        let answer = app.send(ask("/acme/portal/%ff")).await;
        insta::assert_snapshot!(format!("malformed_url.{language}"), without_id(&answer));
    }
    let json = Request::get("/acme/portal/%ff")
        .header("accept", "application/json")
        .body(Body::empty())
        .unwrap();
    let answer = app.send(json).await;
    insta::assert_snapshot!("malformed_url.json", without_id(&answer));
}

#[tokio::test]
async fn a_chosen_language_is_kept_and_leaves_the_address() {
    let app = TestApp::start().await;
    let chosen = app.get("/acme/portal/sign-in?locale=de&email=a%40example.com", "").await;
    assert_eq!(
        (chosen.status, chosen.location()),
        (303, "/acme/portal/sign-in?email=a%40example.com")
    );
    let cookie = chosen.cookies().join("; ");
    assert_eq!(cookie, "foyer_locale=de");
    assert!(app.get("/acme/portal/sign-in", &cookie).await.body.contains("<html lang=\"de\""));
    assert!(app.get("/acme/portal/sign-in", "").await.body.contains("<html lang=\"en\""));
    let unknown = app.get("/acme/portal/sign-in?locale=xx", "").await;
    assert_eq!(unknown.status, 200);
}

#[tokio::test]
async fn every_page_is_rendered_whole() {
    // An out-of-order page would read as its place holder in a browser without script.
    for listing in leptos_axum::generate_route_list(app::App) {
        assert_eq!(format!("{:?}", listing.mode()), "Async", "{}", listing.path());
    }
}
