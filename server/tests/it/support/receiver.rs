//! A program that is told by webhooks, and does what its path says.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use tokio::{io::AsyncReadExt, net::TcpListener};

/// A message as it came in.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Listens on this machine. What it answers is for each path: `/500`, any status; `/later`, 429 and wait an hour; `/slow`, 200 after a
/// fifth of a second; `/hang`, nothing; `/redirect?…`, 302 to what follows; `/long`, 200 and far too much.
#[derive(Clone, Debug)]
pub struct Receiver {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self { address: listener.local_addr().unwrap(), received: Arc::default() };
        let router = Router::new().fallback(answer).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        receiver
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub fn at(&self, path: &str) -> Vec<Received> {
        self.received().into_iter().filter(|message| message.path == path).collect()
    }

    /// An address whose connections break off in the middle of an answer.
    pub async fn dying() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 64]).await;
            }
        });
        address
    }
}

async fn answer(
    State(receiver): State<Receiver>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = String::from_utf8(body.to_vec()).unwrap();
    let path = uri.path().to_owned();
    receiver.received.lock().unwrap().push(Received { path: path.clone(), headers, body });
    match path.as_str() {
        "/later" => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "3600")]).into_response(),
        "/slow" => {
            tokio::time::sleep(Duration::from_millis(200)).await;
            "done".into_response()
        }
        "/hang" => {
            tokio::time::sleep(Duration::from_mins(2)).await;
            "too late".into_response()
        }
        "/redirect" => {
            let to = uri.query().unwrap_or_default().to_owned();
            (StatusCode::FOUND, [("location", to)]).into_response()
        }
        "/long" => "x".repeat(1_000_000).into_response(),
        path => {
            let status = path.trim_start_matches('/').parse::<u16>().ok();
            let status = status.and_then(|status| StatusCode::from_u16(status).ok());
            (status.unwrap_or(StatusCode::OK), format!("told at {path}")).into_response()
        }
    }
}
