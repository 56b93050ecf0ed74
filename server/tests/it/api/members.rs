//! The people who act for customers: what the organization's backend and the team itself do with them.

use axum::http::Method;
use backend::test_support::fixtures;
use domain::role::MemberRole;
use serde_json::{Value, json};

use super::{call, customers::Backend, get, member_token};

const MEMBERS: &str = "/v1/customer-portal/members";

#[tokio::test]
async fn the_organization_looks_after_the_members_of_a_team() {
    let backend = Backend::new().await;
    let organization_id = backend.app.organization.id;
    let owner = fixtures::team_owner(&backend.app.db, organization_id, "ada@example.com").await;
    let path = format!("/v1/customers/{}", owner.customer_id);
    let (status, _) = backend.ask(Method::PATCH, &path, json!({ "external_id": "t-1" })).await;
    assert_eq!(status, 200);
    let members = format!("{path}/members");
    let bob = json!({ "email": "bob@example.com", "name": "Bob", "external_id": "p-1", "role": "billing_manager" });
    let (status, made) = backend.ask(Method::POST, &members, bob).await;
    assert_eq!((status, &made["role"]), (201, &json!("billing_manager")), "{made}");
    assert_eq!(made["customer_id"], json!(owner.customer_id));
    let again = json!({ "email": "BOB@example.com", "name": "Robert" });
    let external = "/v1/customers/external/t-1/members";
    assert_eq!(backend.ask(Method::POST, external, again).await, (201, made.clone()));
    let taken = json!({ "email": "cleo@example.com", "external_id": "p-1" });
    assert_eq!(backend.wrong(Method::POST, external, taken).await, json!(["body", "external_id"]));
    let boss = json!({ "email": "cleo@example.com", "role": "owner" });
    assert_eq!(backend.wrong(Method::POST, &members, boss).await, json!(["body", "role"]));

    let one = format!("{members}/{}", made["id"].as_str().unwrap());
    let one_external = format!("{external}/p-1");
    assert_eq!(backend.get(&one).await, made);
    assert_eq!(backend.get(&one_external).await, made);
    let moved = json!({ "email": "bob@new.example.com", "role": "member" });
    let (status, moved) = backend.ask(Method::PATCH, &one_external, moved).await;
    assert_eq!(
        (status, &moved["email"], &moved["role"]),
        (200, &json!("bob@new.example.com"), &json!("member"))
    );
    for (query, found) in [
        ("?role=owner".to_owned(), 1),
        (format!("?customer_id={}", owner.customer_id), 2),
        ("?external_customer_id=t-1&sorting=created_at".to_owned(), 2),
        ("?external_customer_id=none".to_owned(), 0),
    ] {
        let list = backend.get(&format!("/v1/members/{query}")).await;
        assert_eq!(list["pagination"]["total_count"], found, "{query}");
    }
    let of_owner = format!("{members}/{}", owner.member_id);
    let step_down = json!({ "role": "member" });
    assert_eq!(backend.wrong(Method::PATCH, &of_owner, step_down).await, json!(["body", "role"]));
    assert_eq!(
        backend.wrong(Method::DELETE, &of_owner, Value::Null).await,
        json!(["path", "member_id"])
    );
    let (status, owner_now) = backend.ask(Method::PATCH, &one, json!({ "role": "owner" })).await;
    assert_eq!((status, &owner_now["role"]), (200, &json!("owner")));
    assert_eq!(backend.get(&of_owner).await["role"], "billing_manager");
    assert_eq!(backend.ask(Method::DELETE, &of_owner, Value::Null).await, (204, Value::Null));
    assert_eq!(backend.ask(Method::DELETE, &of_owner, Value::Null).await.0, 404);

    let eve = fixtures::member(&backend.app.db, organization_id, "eve@example.com").await;
    let alone = format!("/v1/customers/{}/members", eve.customer_id);
    let (status, body) =
        backend.ask(Method::POST, &alone, json!({ "email": "x@example.com" })).await;
    assert_eq!((status, &body["error"]), (403, &json!("NotPermitted")));
    let foreign = format!("{alone}/{}", made["id"].as_str().unwrap());
    assert_eq!(backend.ask(Method::PATCH, &foreign, json!({ "name": "x" })).await.0, 404);
}

#[tokio::test]
async fn a_team_looks_after_itself() {
    let backend = Backend::new().await;
    let (app, organization_id) = (&backend.app, backend.app.organization.id);
    let owner = fixtures::team_owner(&app.db, organization_id, "ada@example.com").await;
    let manager =
        fixtures::colleague(&app.db, &owner, "bob@example.com", MemberRole::BillingManager).await;
    let (ada, bob) = (member_token(app, &owner).await, member_token(app, &manager).await);
    let ask = async |token: &str, method: Method, path: &str, body: Value| {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = call(app, method, path, token, &body).await;
        let json = if answer.body.is_empty() { Value::Null } else { answer.json() };
        (answer.status, json)
    };
    let cleo = json!({ "email": "cleo@example.com", "name": "Cleo" });
    let (status, made) = ask(&bob, Method::POST, MEMBERS, cleo).await;
    assert_eq!((status, &made["role"]), (201, &json!("member")), "{made}");
    let again = json!({ "email": "CLEO@example.com", "role": "billing_manager" });
    assert_eq!(ask(&bob, Method::POST, MEMBERS, again).await, (201, made.clone()));
    let boss = json!({ "email": "x@example.com", "role": "owner" });
    let (status, body) = ask(&ada, Method::POST, MEMBERS, boss).await;
    assert_eq!((status, &body["detail"][0]["loc"]), (422, &json!(["body", "role"])));
    let list = get(app, MEMBERS, &bob).await.json();
    assert_eq!(list["pagination"]["total_count"], 3);
    assert!(list["items"][0].get("customer_id").is_none());

    let path = |id: &str| format!("{MEMBERS}/{id}");
    let (of_cleo, of_bob) =
        (path(made["id"].as_str().unwrap()), path(&manager.member_id.to_string()));
    let loc = async |token: &str, method: Method, path: &str, body: Value| {
        let (status, body) = ask(token, method, path, body).await;
        assert_eq!(status, 422, "{body}");
        body["detail"][0]["loc"].clone()
    };
    let at_path = json!(["path", "id"]);
    assert_eq!(loc(&bob, Method::PATCH, &of_bob, json!({ "role": "member" })).await, at_path);
    assert_eq!(loc(&bob, Method::DELETE, &of_bob, Value::Null).await, at_path);
    let owner_path = path(&owner.member_id.to_string());
    assert_eq!(loc(&bob, Method::DELETE, &owner_path, Value::Null).await, at_path);
    let up = json!({ "role": "owner" });
    assert_eq!(loc(&bob, Method::PATCH, &of_cleo, up.clone()).await, json!(["body", "role"]));
    let (status, named) = ask(&bob, Method::PATCH, &of_bob, json!({ "name": "Bobby" })).await;
    assert_eq!((status, &named["name"]), (200, &json!("Bobby")));
    let (status, named) = ask(&ada, Method::PATCH, &of_cleo, up).await;
    assert_eq!((status, &named["role"]), (200, &json!("owner")));
    assert_eq!(get(app, MEMBERS, &ada).await.status, 200, "a billing manager now");
    assert_eq!(ask(&ada, Method::DELETE, &of_bob, Value::Null).await, (204, Value::Null));
    assert_eq!(get(app, MEMBERS, &bob).await.json()["error"], "invalid_token");
    let nobody = path("00000000-0000-4000-8000-000000000000");
    assert_eq!(ask(&ada, Method::DELETE, &nobody, Value::Null).await.0, 404);

    let alone = fixtures::member(&app.db, organization_id, "eve@example.com").await;
    let alone = member_token(app, &alone).await;
    for (method, path, body) in [
        (Method::GET, MEMBERS, Value::Null),
        (Method::POST, MEMBERS, json!({ "email": "x@example.com" })),
        (Method::DELETE, &of_cleo, Value::Null),
    ] {
        let (status, body) = ask(&alone, method, path, body).await;
        assert_eq!((status, &body["error"]), (403, &json!("NotPermitted")));
    }
}
