//! Every operation of the document, asked for by every kind of caller.

use axum::http::Method;
use backend::test_support::fixtures;
use domain::{role::MemberRole, scope::Scope};
use serde_json::Value;

use super::{access_token, call, customer_token, member_token};
use crate::support::{Answer, TestApp};

/// An operation, as the document tells it.
struct Operation {
    method: Method,
    path: String,
    body: &'static str,
    /// `None`: for everybody.
    scheme: Option<String>,
    scope: Option<String>,
    statuses: Vec<u16>,
    has_id: bool,
    has_limit: bool,
}

impl Operation {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// The path with the organization's name and ids of nothing.
fn filled(path: &str) -> String {
    let segment = |segment| match segment {
        "{slug}" => "acme",
        parameter if str::starts_with(parameter, '{') => "00000000-0000-4000-8000-000000000000",
        name => name,
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(server::rest::v1::document()).unwrap();
    let mut found = vec![];
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let security = operation["security"][0].as_object().and_then(|one| one.iter().next());
            let is_parameter = |name: &str| {
                operation["parameters"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|one| one["name"] == name))
            };
            let statuses = operation["responses"].as_object().unwrap().keys();
            found.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: filled(path),
                body: if operation["requestBody"].is_object() { "{}" } else { "" },
                scheme: security.map(|(scheme, _)| scheme.clone()),
                scope: security.and_then(|(_, scopes)| scopes[0].as_str().map(ToOwned::to_owned)),
                statuses: statuses.map(|status| status.parse().unwrap()).collect(),
                has_id: path.contains("{id}"),
                has_limit: is_parameter("limit"),
            });
        }
    }
    assert!(found.len() >= 9, "{}", found.len());
    found
}

fn assert_refused(operation: &Operation, caller: &str, answer: &Answer, status: u16, error: &str) {
    let name = operation.name();
    assert_eq!(answer.status, status, "{name} by {caller}: {}", answer.body);
    let body = answer.json();
    assert_eq!(body["error"], error, "{name} by {caller}");
    if status == 401 {
        assert!(answer.header("www-authenticate").starts_with("Bearer realm="), "{name}");
    }
}

fn assert_admitted(operation: &Operation, caller: &str, answer: &Answer) {
    let name = operation.name();
    assert!(![401, 403].contains(&answer.status), "{name} by {caller}: {}", answer.body);
    assert!(operation.statuses.contains(&answer.status), "{name} by {caller}: {answer:?}");
    assert_eq!(answer.header("cache-control"), "private, no-store", "{name}");
    assert_eq!(answer.header("polar-version"), "2026-04", "{name}");
}

#[tokio::test]
async fn each_is_let_in_where_it_may_and_refused_by_name_elsewhere() {
    let app = TestApp::start().await;
    let organization_id = app.organization.id;
    let owner = fixtures::team_owner(&app.db, organization_id, "ada@example.com").await;
    let manager =
        fixtures::colleague(&app.db, &owner, "bob@example.com", MemberRole::BillingManager).await;
    let member = fixtures::colleague(&app.db, &owner, "cleo@example.com", MemberRole::Member).await;
    let other = fixtures::organization(&app.db, "other").await;
    let expired = customer_token(&app, &owner).await;
    sqlx::query("update api_session set expires_at = created_at")
        .execute(&app.db.pool)
        .await
        .unwrap();
    let sessions = [
        ("a customer", customer_token(&app, &owner).await, true),
        ("an owner", member_token(&app, &owner).await, true),
        ("a billing manager", member_token(&app, &manager).await, true),
        ("a member", member_token(&app, &member).await, false),
    ];
    let tokens = [
        ("the organization", access_token(&app, organization_id, Scope::ALL).await),
        ("another organization", access_token(&app, other, Scope::ALL).await),
    ];
    let without_scope = access_token(&app, organization_id, &[]).await;

    for operation in operations() {
        let ask = async |token: &str| {
            call(&app, operation.method.clone(), &operation.path, token, operation.body).await
        };
        let nobody = ask("").await;
        match &operation.scheme {
            Some(_) => assert_refused(&operation, "nobody", &nobody, 401, "Unauthorized"),
            None => assert_admitted(&operation, "nobody", &nobody),
        }
        for garbage in ["garbage", "foyer_cst_x", "foyer_oat_x", expired.as_str()] {
            assert_refused(&operation, garbage, &ask(garbage).await, 401, "invalid_token");
        }
        let scheme = operation.scheme.as_deref();
        for (who, token, is_billing) in &sessions {
            let answer = ask(token).await;
            let only_members = scheme == Some("member_session") && *who == "a customer";
            if scheme == Some("access_token") || only_members {
                assert_refused(&operation, who, &answer, 401, "Unauthorized");
            } else if scheme.is_some() && !is_billing && operation.statuses.contains(&403) {
                assert_refused(&operation, who, &answer, 403, "NotPermitted");
                assert!(answer.body.contains("billing"), "{}", answer.body);
            } else {
                assert_admitted(&operation, who, &answer);
            }
        }
        for (who, token) in &tokens {
            let answer = ask(token).await;
            match scheme {
                Some("access_token") | None => assert_admitted(&operation, who, &answer),
                Some(_) => assert_refused(&operation, who, &answer, 401, "Unauthorized"),
            }
        }
        let answer = ask(&without_scope).await;
        match (scheme, &operation.scope) {
            (Some("access_token"), Some(scope)) => {
                assert_refused(&operation, "no scope", &answer, 403, "insufficient_scope");
                assert!(answer.header("www-authenticate").contains(scope.as_str()));
            }
            (Some(_), _) => assert_refused(&operation, "no scope", &answer, 401, "Unauthorized"),
            (None, _) => assert_admitted(&operation, "no scope", &answer),
        }
    }
}

#[tokio::test]
async fn what_does_not_fit_the_schema_is_told_at_its_place() {
    let app = TestApp::start().await;
    let owner = fixtures::team_owner(&app.db, app.organization.id, "ada@example.com").await;
    let session = customer_token(&app, &owner).await;
    let as_member = member_token(&app, &owner).await;
    let organization = access_token(&app, app.organization.id, Scope::ALL).await;
    let (mut bodies, mut ids, mut lists) = (0, 0, 0);
    for operation in operations() {
        let token = match operation.scheme.as_deref() {
            Some("access_token") => &organization,
            Some("member_session") => &as_member,
            _ => &session,
        };
        let wrong = async |path: &str, body: &str| {
            let answer = call(&app, operation.method.clone(), path, token, body).await;
            assert_eq!(answer.status, 422, "{}: {}", operation.name(), answer.body);
            let answer = answer.json();
            assert_eq!(answer["error"], "RequestValidationError", "{answer}");
            assert!(answer["detail"][0]["msg"].is_string(), "{answer}");
            answer["detail"][0]["loc"].clone()
        };
        if !operation.body.is_empty() {
            bodies += 1;
            for body in ["{", "[]", "\"\\u0000\""] {
                assert_eq!(wrong(&operation.path, body).await[0], "body");
            }
        }
        if operation.has_id {
            ids += 1;
            let path = operation.path.replace("00000000-0000-4000-8000-000000000000", "no-uuid");
            assert_eq!(wrong(&path, operation.body).await, Value::from(vec!["path", "id"]));
        }
        if operation.has_limit {
            lists += 1;
            for query in ["limit=0", "page=-1", "limit=x", "page=99999999999999999999", "sorting=x"]
            {
                let path = format!("{}?{query}", operation.path);
                if query == "sorting=x" && operation.path.contains("payment-methods") {
                    continue;
                }
                assert_eq!(wrong(&path, "").await[0], "query", "{query}");
            }
        }
    }
    assert!(bodies >= 1 && ids >= 2 && lists >= 2, "{bodies} {ids} {lists}");
}
