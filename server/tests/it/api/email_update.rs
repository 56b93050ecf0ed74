//! Another e-mail address, through the API and in the portal's pages.

use axum::http::Method;
use backend::{actor::MemberActor, test_support::fixtures};
use serde_json::{Value, json};

use super::{call, customer_token, get};
use crate::support::{Answer, TestApp};

const REQUEST: &str = "/v1/customer-portal/customers/me/email-update/request";
const CHECK: &str = "/v1/customer-portal/customers/me/email-update/check";
const VERIFY: &str = "/v1/customer-portal/customers/me/email-update/verify";

async fn post(app: &TestApp, path: &str, token: &str, body: &Value) -> Answer {
    call(app, Method::POST, path, token, &body.to_string()).await
}

async fn ada(app: &TestApp) -> MemberActor {
    allow(app, true).await;
    fixtures::member(&app.db, app.organization.id, "ada@example.com").await
}

async fn allow(app: &TestApp, is_on: bool) {
    sqlx::query("update portal_setting set allow_email_change = $1")
        .bind(is_on)
        .execute(&app.db.pool)
        .await
        .unwrap();
}

/// The link in the only mail to an address.
async fn link(app: &TestApp, to: &str) -> String {
    let mails = app.deliver().await;
    let mail = mails.iter().find(|mail| mail.to == to).unwrap();
    assert_eq!(mail.template, "email_update_verification");
    let at = mail.text.find("http").unwrap();
    mail.text[at..].split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn the_link_changes_the_address_and_makes_a_session() {
    let app = TestApp::start().await;
    let ada = ada(&app).await;
    let session = customer_token(&app, &ada).await;
    let wanted = json!({ "email": "ada@new.example.com" });
    let asked = post(&app, REQUEST, &session, &wanted).await;
    assert_eq!((asked.status, asked.body.as_str()), (202, "null"));
    let link = link(&app, "ada@new.example.com").await;
    let token = link.split("token=").nth(1).unwrap();

    assert_eq!(get(&app, &format!("{CHECK}?token={token}"), "").await.status, 204);
    let verified = post(&app, VERIFY, "", &json!({ "token": token })).await;
    assert_eq!(verified.status, 200, "{}", verified.body);
    let new = verified.json()["token"].as_str().unwrap().to_owned();
    let me = get(&app, "/v1/customer-portal/customers/me", &new).await.json();
    assert_eq!((&me["email"], &me["email_verified"]), (&wanted["email"], &json!(true)));
    assert_eq!(get(&app, "/v1/customer-portal/customers/me", &session).await.status, 401);
    let mails = app.deliver().await;
    let told = mails.iter().find(|mail| mail.template == "email_updated").unwrap();
    assert_eq!(told.to, "ada@example.com");

    for dead in [token, "nonsense"] {
        let checked = get(&app, &format!("{CHECK}?token={dead}"), "").await;
        assert_eq!(
            (checked.status, &checked.json()["error"]),
            (401, &json!("InvalidCustomerEmailUpdate"))
        );
    }
    let again = post(&app, VERIFY, "", &json!({ "token": token })).await;
    assert_eq!((again.status, &again.json()["error"]), (401, &json!("InvalidCustomerEmailUpdate")));
}

#[tokio::test]
async fn what_cannot_be_is_told_at_its_place() {
    let app = TestApp::start().await;
    let ada = ada(&app).await;
    fixtures::member(&app.db, app.organization.id, "bob@example.com").await;
    let session = customer_token(&app, &ada).await;
    for email in ["ADA@example.com", "no address"] {
        let refused = post(&app, REQUEST, &session, &json!({ "email": email })).await;
        assert_eq!(
            (refused.status, &refused.json()["detail"][0]["loc"]),
            (422, &json!(["body", "email"]))
        );
    }
    assert_eq!(get(&app, CHECK, "").await.status, 422);
    assert_eq!(
        post(&app, REQUEST, &session, &json!({ "email": "Bob@example.com" })).await.status,
        202
    );
    let link = link(&app, "Bob@example.com").await;
    let token = json!({ "token": link.split("token=").nth(1) });
    let refused = post(&app, VERIFY, "", &token).await;
    assert_eq!(
        (refused.status, &refused.json()["detail"][0]["loc"]),
        (422, &json!(["body", "token"]))
    );
    assert_eq!(post(&app, VERIFY, "", &token).await.status, 401, "the link is used up");
    allow(&app, false).await;
    let off = post(&app, REQUEST, &session, &json!({ "email": "ada@new.example.com" })).await;
    assert_eq!((off.status, &off.json()["error"]), (403, &json!("NotPermitted")));
}

#[tokio::test]
async fn in_the_portal_without_script() {
    const PAGE: &str = "/acme/portal/settings/billing/email";
    const VERIFY_PAGE: &str = "/acme/portal/verify-email";
    let app = TestApp::start().await;
    let ada = ada(&app).await;
    let session = app.session_cookie(&ada).await;
    let billing = app.get("/acme/portal/settings/billing", &session).await;
    assert!(billing.body.contains(PAGE));
    let form = |email: &str| format!("_form=email/change&organization=acme&email={email}");
    let same = app.post(PAGE, &session, &form("ada%40example.com")).await;
    assert_eq!(same.status, 422, "{}", same.body);
    assert!(same.body.contains("This is your address already."));
    let asked = app.post(PAGE, &session, &form("ada%40new.example.com")).await;
    assert_eq!(asked.status, 303, "{}", asked.body);
    assert!(asked.location().starts_with(&format!("{PAGE}?done=sent-")), "{}", asked.location());
    assert!(app.get(PAGE, &session).await.body.contains("on its way to ada@new.example.com"));

    let link = link(&app, "ada@new.example.com").await;
    let at = link.find("/acme/").unwrap();
    let opened = app.get(&link[at..], "").await;
    assert_eq!(
        (opened.status, opened.location()),
        (303, VERIFY_PAGE),
        "the token leaves the address"
    );
    let cookies = opened.cookies().join("; ");
    let page = app.get(VERIFY_PAGE, &cookies).await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("Use ada@new.example.com") && !page.body.contains("ada@example.com")
    );
    let confirm = "_form=email/verify&organization=acme";
    let confirmed = app.post(VERIFY_PAGE, &cookies, confirm).await;
    assert_eq!(
        (confirmed.status, confirmed.location()),
        (303, "/acme/portal/settings/billing/email?done=changed"),
        "{}",
        confirmed.body
    );
    let new = confirmed.cookies().join("; ");
    let done = app.get(&format!("{PAGE}?done=changed"), &new).await;
    assert!(done.body.contains("Your e-mail address is ada@new.example.com now."), "{}", done.body);
    assert_eq!(app.get(PAGE, &session).await.status, 303, "the browser before is signed out");

    assert_eq!(app.get(VERIFY_PAGE, &cookies).await.status, 410);
    assert_eq!(app.get(VERIFY_PAGE, "").await.status, 410);
    assert_eq!(app.post(VERIFY_PAGE, &cookies, confirm).await.status, 409);
    let other = TestApp::start().await;
    let eve = fixtures::member(&other.db, other.organization.id, "eve@example.com").await;
    let session = other.session_cookie(&eve).await;
    assert_eq!(other.get(PAGE, &session).await.status, 409, "it is off unless switched on");
    assert_eq!(other.post(PAGE, &session, &form("eve%40new.example.com")).await.status, 409);
}
