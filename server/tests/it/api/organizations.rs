//! An organization's settings and tokens through the API.

use axum::http::Method;
use backend::test_support::fixtures;
use domain::scope::Scope;
use serde_json::{Value, json};

use super::{access_token, call, get};
use crate::support::TestApp;

const TOKENS: &str = "/v1/organization-access-tokens/";

/// An organization that calls.
struct Company {
    app: TestApp,
    token: String,
    path: String,
}

impl Company {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let scopes =
            [Scope::OrganizationsWrite, Scope::OrganizationAccessTokensWrite, Scope::OrdersWrite];
        let token = access_token(&app, app.organization.id, &scopes).await;
        let path = format!("/v1/organizations/{}", app.organization.id);
        Self { app, token, path }
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = call(&self.app, method, path, &self.token, &body).await;
        let json = if answer.body.is_empty() { Value::Null } else { answer.json() };
        (answer.status, json)
    }

    async fn patch(&self, body: Value) -> (u16, Value) {
        self.ask(Method::PATCH, &self.path, body).await
    }
}

#[tokio::test]
async fn an_organization_reads_itself() {
    let company = Company::new().await;
    let (status, own) = company.ask(Method::GET, &company.path, Value::Null).await;
    assert_eq!(status, 200, "{own}");
    for (field, expected) in [
        ("slug", json!("acme")),
        ("status", json!("active")),
        ("socials", json!([])),
        ("sso_enforced", json!(false)),
        ("account_id", Value::Null),
        ("payout_account_id", Value::Null),
        ("details_submitted_at", Value::Null),
        ("default_presentment_currency", json!("usd")),
        ("default_tax_behavior", json!("exclusive")),
        ("proration_behavior", json!("prorate")),
    ] {
        assert_eq!(own[field], expected, "{field}");
    }
    assert_eq!(own["customer_email_settings"].as_object().unwrap().len(), 14);
    assert_eq!(own["capabilities"].as_object().unwrap().len(), 6);
    let list = async |query: &str| {
        let path = format!("/v1/organizations/{query}");
        company.ask(Method::GET, &path, Value::Null).await.1
    };
    assert_eq!(list("").await["items"], json!([own]));
    assert_eq!(list("?slug=acme&sorting=-name").await["pagination"]["total_count"], 1);
    assert_eq!(list("?slug=other").await["items"], json!([]));
    assert_eq!(list("?page=2").await["items"], json!([]));
    let other = fixtures::organization(&company.app.db, "other").await;
    let path = format!("/v1/organizations/{other}");
    for (method, body) in [(Method::GET, Value::Null), (Method::PATCH, json!({ "name": "Mine" }))] {
        assert_eq!(company.ask(method, &path, body).await.0, 404);
    }
}

#[tokio::test]
async fn settings_are_replaced_object_by_object() {
    let company = Company::new().await;
    let (_, before) = company.ask(Method::GET, &company.path, Value::Null).await;
    let change = json!({
        "name": "Acme Ltd", "email": "help@example.com", "website": "https://example.com", "default_tax_behavior": "inclusive",
        "customer_portal_settings": {
            "usage": { "show": false },
            "subscription": { "update_seats": true, "update_plan": false, "pause": true },
            "customer": { "allow_email_change": true },
        },
        "subscription_settings": {
            "allow_multiple_subscriptions": true, "proration_behavior": "invoice", "benefit_revocation_grace_period": 3,
            "prevent_trial_abuse": false, "allow_customer_updates": false,
        },
    });
    let (status, after) = company.patch(change.clone()).await;
    assert_eq!(status, 200, "{after}");
    for field in [
        "name",
        "email",
        "website",
        "default_tax_behavior",
        "customer_portal_settings",
        "subscription_settings",
    ] {
        assert_eq!(after[field], change[field], "{field}");
    }
    assert_eq!(after["customer_email_settings"], before["customer_email_settings"]);
    let mut mails = before["customer_email_settings"].clone();
    mails["payment_method_expiration_reminder"] = json!(false);
    let (_, after) =
        company.patch(json!({ "customer_email_settings": mails, "email": null })).await;
    assert_eq!(after["customer_email_settings"], mails);
    assert_eq!((&after["email"], &after["name"]), (&Value::Null, &json!("Acme Ltd")));
    let switched_off: bool =
        sqlx::query_scalar("select mail_switches -> 'card_expiring' = 'false' from portal_setting")
            .fetch_one(&company.app.db.pool)
            .await
            .unwrap();
    assert!(switched_off);
    let fewer = json!({ "usage": { "show": true }, "subscription": { "update_seats": true, "update_plan": true } });
    let (_, after) = company.patch(json!({ "customer_portal_settings": fewer })).await;
    assert_eq!(after["customer_portal_settings"]["subscription"]["pause"], false);
    assert_eq!(after["customer_portal_settings"]["customer"]["allow_email_change"], false);
    let (status, same) = company.patch(after.clone()).await;
    assert_eq!(status, 200, "what was read can be sent back: {same}");
}

#[tokio::test]
async fn what_is_not_there_is_taken_only_as_it_is() {
    let company = Company::new().await;
    let subscription = |change: Value| {
        let mut settings = json!({
            "allow_multiple_subscriptions": true, "proration_behavior": "prorate", "benefit_revocation_grace_period": 3,
            "prevent_trial_abuse": false, "allow_customer_updates": true,
        });
        for (key, value) in change.as_object().unwrap() {
            settings[key] = value.clone();
        }
        json!({ "subscription_settings": settings })
    };
    for (body, loc) in [
        (json!({ "name": "ab" }), json!(["body", "name"])),
        (json!({ "email": "nobody" }), json!(["body", "email"])),
        (json!({ "website": "javascript:alert(1)" }), json!(["body", "website"])),
        (json!({ "avatar_url": "https://example.com/logo.png" }), json!(["body", "avatar_url"])),
        (
            json!({ "socials": [{ "platform": "x", "url": "https://x.com/acme" }] }),
            json!(["body", "socials"]),
        ),
        (json!({ "country": "FR" }), json!(["body", "country"])),
        (
            json!({ "default_presentment_currency": "jpy" }),
            json!(["body", "default_presentment_currency"]),
        ),
        (json!({ "default_tax_behavior": "location" }), json!(["body", "default_tax_behavior"])),
        (json!({ "sso_enforced": true }), json!(["body", "sso_enforced"])),
        (
            json!({ "feature_settings": { "member_model_enabled": false } }),
            json!(["body", "feature_settings", "member_model_enabled"]),
        ),
        (
            subscription(json!({ "prevent_trial_abuse": true })),
            json!(["body", "subscription_settings", "prevent_trial_abuse"]),
        ),
        (
            subscription(json!({ "allow_customer_updates": false })),
            json!(["body", "subscription_settings", "allow_customer_updates"]),
        ),
        (
            subscription(json!({ "benefit_revocation_grace_period": 61 })),
            json!(["body", "subscription_settings", "benefit_revocation_grace_period"]),
        ),
        (
            json!({ "subscription_settings": { "prevent_trial_abuse": false } }),
            json!(["body", "subscription_settings", "allow_multiple_subscriptions"]),
        ),
        (
            json!({ "customer_portal_settings": { "usage": { "show": true } } }),
            json!(["body", "customer_portal_settings", "subscription"]),
        ),
    ] {
        let (status, answer) = company.patch(body.clone()).await;
        assert_eq!((status, &answer["detail"][0]["loc"]), (422, &loc), "{body}: {answer}");
    }
}

#[tokio::test]
async fn a_token_is_shown_once_and_gives_no_more_than_its_maker_has() {
    let company = Company::new().await;
    let body = json!({ "comment": "shop", "scopes": ["orders:read"], "expires_in": "P90D" });
    let (status, created) = company.ask(Method::POST, TOKENS, body).await;
    assert_eq!(status, 201, "{created}");
    let (record, secret) =
        (&created["organization_access_token"], created["token"].as_str().unwrap());
    assert_eq!((&record["comment"], &record["scopes"]), (&json!("shop"), &json!(["orders:read"])));
    assert!(record["expires_at"].is_string() && record["last_used_at"].is_null());
    let allowed = get(&company.app, "/v1/orders/", secret).await;
    assert_ne!(allowed.status, 401, "{}", allowed.body);
    assert_eq!(get(&company.app, TOKENS, secret).await.status, 403);
    let (_, list) = company.ask(Method::GET, TOKENS, Value::Null).await;
    assert_eq!(list["pagination"]["total_count"], 2);
    assert!(!list.to_string().contains(secret));
    for (body, loc) in [
        (json!({ "comment": "shop", "scopes": ["customers:read"] }), json!(["body", "scopes"])),
        (json!({ "comment": " ", "scopes": [] }), json!(["body", "comment"])),
        (json!({ "comment": "shop", "scopes": ["all"] }), json!(["body", "scopes", 0])),
        (
            json!({ "comment": "shop", "scopes": [], "expires_in": "soon" }),
            json!(["body", "expires_in"]),
        ),
        (json!({ "comment": "shop" }), json!(["body", "scopes"])),
    ] {
        let (status, answer) = company.ask(Method::POST, TOKENS, body.clone()).await;
        assert_eq!((status, &answer["detail"][0]["loc"]), (422, &loc), "{body}: {answer}");
    }
    let path = format!("{TOKENS}{}", record["id"].as_str().unwrap());
    let change = json!({ "comment": "shop 2", "scopes": ["orders:write"] });
    let (status, changed) = company.ask(Method::PATCH, &path, change).await;
    assert_eq!((status, &changed["comment"]), (200, &json!("shop 2")), "{changed}");
    let more = json!({ "scopes": ["customers:read"] });
    assert_eq!(company.ask(Method::PATCH, &path, more).await.0, 422);
    assert_eq!(company.ask(Method::DELETE, &path, Value::Null).await, (204, Value::Null));
    assert_eq!(get(&company.app, "/v1/orders/", secret).await.status, 401);
    for (method, body) in [(Method::PATCH, json!({})), (Method::DELETE, Value::Null)] {
        assert_eq!(company.ask(method, &path, body).await.0, 404);
    }
}

#[tokio::test]
async fn a_token_can_end_itself_and_none_of_others() {
    let company = Company::new().await;
    let other = fixtures::organization(&company.app.db, "other").await;
    let stranger = access_token(&company.app, other, Scope::ALL).await;
    let (_, list) = company.ask(Method::GET, TOKENS, Value::Null).await;
    let path = format!("{TOKENS}{}", list["items"][0]["id"].as_str().unwrap());
    for (method, body) in [(Method::PATCH, "{}"), (Method::DELETE, "")] {
        let answer = call(&company.app, method, &path, &stranger, body).await;
        assert_eq!(answer.status, 404);
    }
    assert_eq!(company.ask(Method::DELETE, &path, Value::Null).await.0, 204);
    assert_eq!(company.ask(Method::GET, TOKENS, Value::Null).await.0, 401);
}
