//! What stands in for Stripe in tests that pin every request: it notes what comes and answers what it was told, in that order.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{Stripe, StripeAccess};

pub const SECRET_KEY: &str = "sk_test_pinned";
pub const PORTAL: &str = "https://billing.example.com";

/// What is answered to one call.
pub struct TestAnswer {
    status: u16,
    body: String,
    is_replayed: bool,
    /// Nothing is answered: the connection closes after the request was taken.
    is_lost: bool,
}

pub fn ok(body: &Value) -> TestAnswer {
    answer(200, body)
}

pub fn answer(status: u16, body: &Value) -> TestAnswer {
    TestAnswer { status, body: body.to_string(), is_replayed: false, is_lost: false }
}

/// The same words again, under the same key.
pub fn replayed(body: &Value) -> TestAnswer {
    TestAnswer { is_replayed: true, ..ok(body) }
}

pub fn lost() -> TestAnswer {
    TestAnswer { is_lost: true, ..ok(&Value::Null) }
}

/// Listens on a port of its own until it is dropped.
pub struct TestServer {
    pub stripe: Stripe,
    calls: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl TestServer {
    pub async fn start(answers: Vec<TestAnswer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api_url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let noted = calls.clone();
        let task = tokio::spawn(async move {
            for answer in answers {
                let (stream, _) = listener.accept().await.unwrap();
                let call = serve(stream, &answer).await;
                noted.lock().unwrap().push(call);
            }
        });
        let access =
            StripeAccess { secret_key: SECRET_KEY.into(), api_url, portal_origin: PORTAL.into() };
        Self { stripe: Stripe::new(access), calls, task }
    }

    /// What came, each as `METHOD /path?name=value&… [idempotency key]`, with the form after the path as if it were a query. Every
    /// answer must have been asked for.
    pub fn calls(&self) -> Vec<String> {
        let calls = self.calls.lock().unwrap().clone();
        assert!(self.task.is_finished(), "fewer calls than answers: {calls:#?}");
        calls
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, answer: &TestAnswer) -> String {
    let (head, body) = read(&mut stream).await;
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    };
    assert_eq!(header("authorization").as_deref(), Some("Bearer sk_test_pinned"));
    assert_eq!(header("stripe-version").as_deref(), Some("2024-06-20"));
    let mut first = head.lines().next().unwrap().split(' ');
    let (method, target) = (first.next().unwrap(), first.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if method == "POST" {
        assert_eq!(header("content-type").as_deref(), Some("application/x-www-form-urlencoded"));
    }
    let sent = if method == "POST" { body.as_bytes() } else { query.as_bytes() };
    let pairs: Vec<String> =
        form_urlencoded::parse(sent).map(|(name, value)| format!("{name}={value}")).collect();
    let key = header("idempotency-key").map(|key| format!(" [{key}]")).unwrap_or_default();
    let separator = if pairs.is_empty() { "" } else { "?" };
    if !answer.is_lost {
        let replayed = if answer.is_replayed { "idempotent-replayed: true\r\n" } else { "" };
        let text = format!(
            "HTTP/1.1 {} X\r\ncontent-length: {}\r\nrequest-id: req_1\r\n{replayed}connection: close\r\n\r\n{}",
            answer.status,
            answer.body.len(),
            answer.body
        );
        stream.write_all(text.as_bytes()).await.unwrap();
    }
    format!("{method} {path}{separator}{}{key}", pairs.join("&"))
}

async fn read(stream: &mut TcpStream) -> (String, String) {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0_u8; 4096];
        let count = stream.read(&mut chunk).await.unwrap();
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8(bytes.clone()).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .to_ascii_lowercase()
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if body.len() >= length.unwrap_or(0) {
            return (head.to_owned(), body.to_owned());
        }
    }
}
