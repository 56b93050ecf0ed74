//! The HTTP API through the whole router.

mod breaking;
mod callers;
mod catalog;
mod checkouts;
mod customers;
mod document;
mod email_update;
mod foyer;
mod frame;
mod idempotency;
mod limits;
mod lists;
mod members;
mod orders;
mod organizations;
mod own;
mod products;
mod reads;
mod seats;
mod shop;
mod sign_in;
mod subscriptions;
mod webhooks;
mod writes;

use axum::{
    body::Body,
    http::{Method, Request},
};
use backend::{
    access_token::{self, CreateAccessToken},
    actor::MemberActor,
    api_session::{self, CreateApiSession, Whom},
};
use domain::{id::OrganizationId, scope::Scope};
use serde_json::Value;

use crate::support::{Answer, TestApp};

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

/// The bearer token of a session: the customer's, whose owner acts.
pub async fn customer_token(app: &TestApp, owner: &MemberActor) -> String {
    session_token(app, owner, None).await
}

/// The bearer token of a member's session.
pub async fn member_token(app: &TestApp, member: &MemberActor) -> String {
    session_token(app, member, Some(Whom::Id(member.member_id))).await
}

async fn session_token(
    app: &TestApp,
    member: &MemberActor,
    whom: Option<Whom<domain::id::MemberId>>,
) -> String {
    let input = CreateApiSession {
        organization_id: member.organization_id,
        customer: Whom::Id(member.customer_id),
        member: whom,
        return_url: None,
    };
    let created = api_session::create(&app.db.pool, &mut app.db.cx(), input).await.unwrap();
    created.token.expose().to_owned()
}

/// An organization's token with these scopes.
pub async fn access_token(
    app: &TestApp,
    organization_id: OrganizationId,
    scopes: &[Scope],
) -> String {
    let input = CreateAccessToken {
        organization_id,
        name: "test".into(),
        scopes: scopes.to_vec(),
        expires_at: None,
    };
    let (_, token) = access_token::create(&app.db.pool, &mut app.db.cx(), input).await.unwrap();
    token.expose().to_owned()
}

/// Calls with a token (none when empty) and a body (none when empty).
pub async fn call(app: &TestApp, method: Method, path: &str, token: &str, body: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if !body.is_empty() {
        request = request.header("content-type", "application/json");
    }
    app.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

pub async fn get(app: &TestApp, path: &str, token: &str) -> Answer {
    call(app, Method::GET, path, token, "").await
}
