//! One request to an endpoint: bounded in time and size, to public addresses only.
//!
//! A host is looked up here, every address of it is checked, and the connection goes to one of exactly these: what a second look-up
//! would say does not matter. A redirect is never followed; it is an answer like any other that is not a success.

use std::error::Error;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration as StdDuration, Instant};

use domain::id::WebhookEventId;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use time::{Duration, OffsetDateTime};
use tower::Service;

use super::address::{Reach, check_url, is_public};

const CALL_LASTS: StdDuration = StdDuration::from_secs(10);
/// An idle connection is used again for so long.
const IDLE_LASTS: StdDuration = StdDuration::from_secs(15);
const IDLE_PER_HOST_MAX: usize = 2;
/// Bytes of an answer that are read; the rest is left.
const ANSWER_BYTES_MAX: usize = 8 * 1024;

const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
/// Only on tests.
const WEBHOOK_TEST: HeaderName = HeaderName::from_static("foyer-webhook-test");

/// What is sent.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    pub url: &'a str,
    pub id: WebhookEventId,
    pub timestamp_s: i64,
    pub signatures: &'a str,
    pub body: &'a str,
    pub is_test: bool,
}

impl std::fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// `None`: nothing came.
    pub http_code: Option<i32>,
    /// The beginning of the answer's body, or why nothing came.
    pub response: String,
    /// When the endpoint wants to be asked again.
    pub retry_after: Option<Duration>,
    pub duration_ms: u128,
}

impl Answer {
    /// Any 2xx.
    pub fn is_success(&self) -> bool {
        self.http_code.is_some_and(|code| (200..300).contains(&code))
    }
}

/// Calls endpoints. Cheap to clone; connections are shared.
#[derive(Clone)]
pub struct Client {
    http: HttpClient<HttpsConnector<HttpConnector<CheckedResolver>>, String>,
    reach: Reach,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("reach", &self.reach).finish_non_exhaustive()
    }
}

impl Client {
    pub fn new(reach: Reach) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(CheckedResolver { reach });
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let builder = HttpsConnectorBuilder::new().with_webpki_roots();
        let builder = match reach {
            Reach::PublicOnly => builder.https_only(),
            Reach::PrivateToo => builder.https_or_http(),
        };
        let http = HttpClient::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_LASTS)
            .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
            .build(builder.enable_http1().wrap_connector(tcp));
        Self { http, reach }
    }

    /// Sends a message; at most ten seconds. `now` is what a date in `Retry-After` is compared with.
    pub async fn send(&self, message: &Message<'_>, now: OffsetDateTime) -> Answer {
        let started = Instant::now();
        let (http_code, response, retry_after) = match self.try_send(message).await {
            Ok((status, headers, body)) => {
                (Some(i32::from(status.as_u16())), body, retry_after(&headers, now))
            }
            Err(error) => (None, told(error.as_ref()), None),
        };
        Answer { http_code, response, retry_after, duration_ms: started.elapsed().as_millis() }
    }

    async fn try_send(
        &self,
        message: &Message<'_>,
    ) -> Result<(StatusCode, HeaderMap, String), Box<dyn Error + Send + Sync>> {
        // A host that is an address is not looked up, and what is allowed may have changed since the endpoint was made.
        let url = check_url(message.url, self.reach)?;
        let ends_at = tokio::time::Instant::now() + CALL_LASTS;
        let request = request(&url, message)?;
        let response = tokio::time::timeout_at(ends_at, self.http.request(request))
            .await
            .map_err(|_| format!("No answer within {} seconds.", CALL_LASTS.as_secs()))??;
        let (head, mut body) = response.into_parts();
        let mut bytes = Vec::new();
        // The status has been told; a body that hangs or breaks off does not change it.
        while bytes.len() < ANSWER_BYTES_MAX
            && let Ok(Some(Ok(frame))) = tokio::time::timeout_at(ends_at, body.frame()).await
        {
            if let Ok(data) = frame.into_data() {
                bytes.extend_from_slice(&data[..data.len().min(ANSWER_BYTES_MAX - bytes.len())]);
            }
        }
        Ok((head.status, head.headers, String::from_utf8_lossy(&bytes).into_owned()))
    }
}

fn request(url: &str, message: &Message<'_>) -> Result<Request<String>, http::Error> {
    let mut request = Request::post(url)
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header(USER_AGENT, concat!("foyer/", env!("CARGO_PKG_VERSION"), " webhooks"))
        .header(WEBHOOK_ID, message.id.to_string())
        .header(WEBHOOK_TIMESTAMP, message.timestamp_s)
        .header(WEBHOOK_SIGNATURE, message.signatures);
    if message.is_test {
        request = request.header(WEBHOOK_TEST, HeaderValue::from_static("true"));
    }
    request.body(message.body.to_owned())
}

/// Seconds, or a date.
fn retry_after(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::seconds(seconds.into()));
    }
    let at = OffsetDateTime::from(httpdate::parse_http_date(text).ok()?);
    Some((at - now).max(Duration::ZERO))
}

/// An error with its causes, in one line for the endpoint's owner.
fn told(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Looks a host up and refuses it when one of its addresses may not be called.
#[derive(Clone, Copy)]
struct CheckedResolver {
    reach: Reach,
}

impl Service<Name> for CheckedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, io::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let reach = self.reach;
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            checked(found, reach).map(Vec::into_iter)
        })
    }
}

/// All addresses of a host, or none: one private among them is reason enough to call none.
fn checked(found: Vec<SocketAddr>, reach: Reach) -> io::Result<Vec<SocketAddr>> {
    if reach == Reach::PublicOnly && !found.iter().all(|address| is_public(address.ip())) {
        return Err(io::Error::other("The host leads to an address that is not public."));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-05-01 09:00 UTC);

    fn message(url: &str) -> Message<'_> {
        Message {
            url,
            id: uuid::Uuid::from_u128(1).into(),
            timestamp_s: 1,
            signatures: "v1,x",
            body: "{}",
            is_test: false,
        }
    }

    #[test]
    fn one_private_address_among_many_is_refused() {
        let found = |all: &[&str]| all.iter().map(|one| one.parse().unwrap()).collect::<Vec<_>>();
        let mixed = found(&["1.1.1.1:0", "[fd00::1]:0"]);
        assert!(checked(mixed.clone(), Reach::PublicOnly).is_err());
        assert_eq!(checked(mixed.clone(), Reach::PrivateToo).unwrap(), mixed);
        let public = found(&["1.1.1.1:0", "[2606:4700::1]:0"]);
        assert_eq!(checked(public.clone(), Reach::PublicOnly).unwrap(), public);
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_not_called() {
        let mut resolver = CheckedResolver { reach: Reach::PublicOnly };
        let refused = resolver.call("localhost".parse().unwrap()).await.unwrap_err();
        assert!(refused.to_string().contains("not public"), "{refused}");
        let mut resolver = CheckedResolver { reach: Reach::PrivateToo };
        assert!(resolver.call("localhost".parse().unwrap()).await.unwrap().len() > 0);
    }

    #[tokio::test]
    async fn what_was_stored_before_a_rule_is_refused_when_it_is_sent() {
        let client = Client::new(Reach::PublicOnly);
        for url in ["http://example.com/", "https://127.0.0.1:1/", "https://[::1]:1/"] {
            let answer = client.send(&message(url), NOW).await;
            assert_eq!((answer.http_code, answer.is_success()), (None, false));
            assert!(answer.response.contains("URL must"), "{}", answer.response);
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let of = |text: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            retry_after(&headers, NOW)
        };
        assert_eq!(of(" 120 "), Some(Duration::minutes(2)));
        assert_eq!(of("Fri, 01 May 2026 09:01:00 GMT"), Some(Duration::minutes(1)));
        assert_eq!(of("Fri, 01 May 2020 09:01:00 GMT"), Some(Duration::ZERO));
        for wrong in ["-1", "soon", "99999999999999999999"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
