//! An organization that calls the API, with a customer who calls it too.

use axum::http::Method;
use backend::{
    actor::MemberActor,
    test_support::{billing, fixtures},
};
use domain::scope::Scope;
use serde_json::Value;

use super::{access_token, call, customer_token};
use crate::support::TestApp;

pub struct Shop {
    pub app: TestApp,
    pub owner: MemberActor,
    /// The organization's, with every scope.
    pub token: String,
    /// The customer's.
    pub session: String,
}

impl Shop {
    /// Nobody charges its customers.
    pub async fn new() -> Self {
        Self::made(false).await
    }

    /// Its customers are charged, and this one has a card.
    pub async fn charged() -> Self {
        Self::made(true).await
    }

    async fn made(is_charged: bool) -> Self {
        let app = TestApp::start().await;
        if is_charged {
            billing::charged(&app.db, app.organization.id).await;
        }
        let owner = fixtures::team_owner(&app.db, app.organization.id, "ada@example.com").await;
        let session = customer_token(&app, &owner).await;
        let token = access_token(&app, app.organization.id, Scope::ALL).await;
        Self { app, owner, token, session }
    }

    async fn ask(&self, method: Method, path: &str, token: &str, body: &Value) -> (u16, Value) {
        self.app.db.settled().await;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = call(&self.app, method, path, token, &body).await;
        let json = if answer.body.is_empty() { Value::Null } else { answer.json() };
        (answer.status, json)
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.ask(Method::GET, path, &self.token, &Value::Null).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask(Method::POST, path, &self.token, &body).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.ask(Method::PATCH, path, &self.token, &body).await
    }

    pub async fn delete(&self, path: &str) -> (u16, Value) {
        self.ask(Method::DELETE, path, &self.token, &Value::Null).await
    }

    /// The customer calls.
    pub async fn customer(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        self.ask(method, path, &self.session, &body).await
    }

    /// The ids in a list.
    pub async fn ids(&self, path: &str) -> Vec<String> {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        let items = body["items"].as_array().unwrap();
        items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// Where the first mistake is.
pub fn loc(body: &Value) -> &Value {
    &body["detail"][0]["loc"]
}
