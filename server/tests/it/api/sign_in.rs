//! Signing in through the API.

use axum::http::Method;
use backend::{actor::MemberActor, test_support::fixtures};
use domain::role::MemberRole;
use serde_json::{Value, json};

use super::{call, get};
use crate::support::{Answer, TestApp};

const REQUEST: &str = "/v1/customer-portal/customer-session/request";
const AUTHENTICATE: &str = "/v1/customer-portal/customer-session/authenticate";

async fn post(app: &TestApp, path: &str, body: &Value) -> Answer {
    call(app, Method::POST, path, "", &body.to_string()).await
}

/// Ada, and the team that she belongs to.
async fn ada(app: &TestApp) -> (MemberActor, MemberActor) {
    let ada = fixtures::member(&app.db, app.organization.id, "ada@example.com").await;
    let team = fixtures::team_owner(&app.db, app.organization.id, "bob@example.com").await;
    let in_team = fixtures::colleague(&app.db, &team, "ada@example.com", MemberRole::Member).await;
    (ada, in_team)
}

/// The code of the only mail.
async fn code(app: &TestApp) -> String {
    let mails = app.deliver().await;
    assert_eq!(mails.len(), 1);
    let subject = &mails[0].subject;
    subject.split(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_customer_is_chosen_and_its_code_signs_in_once() {
    let app = TestApp::start().await;
    let (ada, in_team) = ada(&app).await;
    let mut body = json!({ "email": "Ada@example.com", "organization_id": app.organization.id });
    let choice = post(&app, REQUEST, &body).await;
    assert_eq!(
        (choice.status, &choice.json()["error"]),
        (409, &json!("customer_selection_required"))
    );
    let offered = choice.json()["customers"].clone();
    for id in [ada.customer_id, in_team.customer_id] {
        assert!(offered.as_array().unwrap().iter().any(|one| one["id"] == json!(id)), "{offered}");
    }

    body["customer_id"] = json!(in_team.customer_id);
    let asked = post(&app, REQUEST, &body).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    let entered = json!({ "code": code(&app).await, "request_id": asked.json()["request_id"] });
    let session = post(&app, AUTHENTICATE, &entered).await;
    assert_eq!(session.status, 200, "{}", session.body);
    let token = session.json()["token"].as_str().unwrap().to_owned();
    let user = get(&app, "/v1/customer-portal/customer-session/user", &token).await.json();
    assert_eq!((&user["type"], &user["role"]), (&json!("member"), &json!("member")));
    assert_eq!(user["customer_id"], json!(in_team.customer_id));

    let again = post(&app, AUTHENTICATE, &entered).await;
    let error = again.json()["error"].clone();
    assert_eq!((again.status, error), (401, json!("CustomerSessionCodeInvalidOrExpired")));
}

#[tokio::test]
async fn strangers_learn_nothing_and_a_client_that_guesses_has_to_wait() {
    let app = TestApp::start().await;
    fixtures::member(&app.db, app.organization.id, "ada@example.com").await;
    for (email, organization_id) in [
        ("nobody@example.com", json!(app.organization.id)),
        ("ada@example.com", json!("00000000-0000-4000-8000-000000000000")),
    ] {
        let body = json!({ "email": email, "organization_id": organization_id });
        let answer = post(&app, REQUEST, &body).await;
        assert_eq!((answer.status, answer.json()["request_id"].is_string()), (202, true));
    }
    assert!(app.deliver().await.is_empty());
    let bad = json!({ "email": "ada", "organization_id": app.organization.id });
    let bad = post(&app, REQUEST, &bad).await;
    assert_eq!((bad.status, &bad.json()["detail"][0]["loc"]), (422, &json!(["body", "email"])));
    for code in ["222222", "no code", "", "333333"] {
        assert_eq!(post(&app, AUTHENTICATE, &json!({ "code": code })).await.status, 401);
    }
    let waits = post(&app, AUTHENTICATE, &json!({ "code": "222222" })).await;
    assert_eq!((waits.status, waits.header("retry-after")), (429, "900"));
}
