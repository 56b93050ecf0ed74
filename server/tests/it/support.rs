//! A portal on a database of its own, without a socket.

pub mod program;
pub mod receiver;
pub mod smtp;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use app::{
    ssr::{Assets, OrganizationCache, Portal},
    urls::UrlBuilder,
};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Request, header},
};
use backend::{
    actor::MemberActor,
    clock::FakeClock,
    organization::OrganizationView,
    payment::{Processors, Sandbox},
    secret::SecretKey,
    test_support::{TestDb, fixtures},
    webhook::{self, Reach},
};
use server::{
    live::Live,
    mail::{Renderer, dev_mailbox::DevMailbox},
    metrics::Metrics,
    redacted::Redacted,
    router::router,
    sandbox::SandboxSite,
    state::{AppState, Shared},
    wake::{self, Wake},
    worker::Worker,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// Where the sandbox's own pages are.
pub const SANDBOX_URL: &str = "http://localhost:3001";
/// With which the messages of Stripe are signed here.
pub const STRIPE_WEBHOOK_SECRET: &str = "whsec_of_the_integration_tests";
pub const HASHED: &str = "/pkg/foyer.0a1b2c3d4e5f.js";

/// A portal as `foyer serve` makes it, with a clock that stands still.
pub struct TestApp {
    pub db: TestDb,
    pub clock: Arc<FakeClock>,
    pub state: AppState,
    pub organization: OrganizationView,
    pub mailbox: DevMailbox,
    pub shutdown: CancellationToken,
    router: Router,
    sandbox: Router,
    folder: PathBuf,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// `name=value` of every cookie that the answer sets.
    pub fn cookies(&self) -> Vec<String> {
        let lines = self.headers.get_all(header::SET_COOKIE).iter();
        lines.map(|line| line.to_str().unwrap().split(';').next().unwrap().to_owned()).collect()
    }
}

impl TestApp {
    pub async fn start() -> Self {
        Self::at("http://127.0.0.1:3000").await
    }

    /// A portal whose public URL is this one.
    pub async fn at(public_url: &str) -> Self {
        Self::with(public_url, 1_000_000).await
    }

    /// A portal whose API gives each caller so many requests in a minute.
    pub async fn limited(api_requests_per_minute: i32) -> Self {
        Self::with("http://127.0.0.1:3000", api_requests_per_minute).await
    }

    async fn with(public_url: &str, api_requests_per_minute: i32) -> Self {
        let db = TestDb::new().await;
        let organization = fixtures::organization(&db, "acme").await;
        let organization =
            backend::organization::find(&db.pool, organization).await.unwrap().unwrap();
        let clock = Arc::new(FakeClock::at(db.now()));
        let folder = scratch_folder();
        let mailbox = DevMailbox::open(&folder.join("mailbox")).unwrap();
        let shutdown = CancellationToken::new();
        let url = url::Url::parse(public_url).unwrap();
        let sandbox = Sandbox::new(db.pool.clone())
            .with_pages(SANDBOX_URL, url.origin().ascii_serialization());
        let site = SandboxSite {
            sandbox: sandbox.clone(),
            clock: clock.clone(),
            portal_origin: url.origin().ascii_serialization(),
        };
        let portal = Portal {
            db: db.pool.clone(),
            clock: clock.clone(),
            chance: db.chance.clone(),
            secret: SecretKey::from_hex(SECRET).unwrap(),
            processors: Processors::default().with(sandbox.clone()),
            stripe: None,
            urls: Arc::new(UrlBuilder::new(public_url)),
            assets: Arc::new(Assets::find(&site_root(&folder)).unwrap()),
            organizations: OrganizationCache::default(),
            dev: true,
        };
        let state = AppState::new(Shared {
            portal,
            origin: url.origin().ascii_serialization(),
            stripe_webhook_secrets: vec![Redacted::new(STRIPE_WEBHOOK_SECRET)],
            is_loopback: url.scheme() == "http",
            trusted_proxies: vec![],
            webhook_reach: Reach::PrivateToo,
            site_root: folder.join("site"),
            metrics: Metrics::start().unwrap(),
            metrics_token: None,
            api_requests_per_minute,
            allowances: backend::rate_limit::Allowances::default(),
            mailbox: Some(mailbox.clone()),
            live: Live::default(),
            shutdown: shutdown.clone(),
        });
        let router = router(state.clone());
        let sandbox = server::sandbox::router(site);
        Self { db, clock, state, organization, mailbox, shutdown, router, sandbox, folder }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        Self::ask(&self.router, request).await
    }

    /// To the sandbox's own site; `url` is a whole address or a path.
    pub async fn at_sandbox(&self, url: &str, form: Option<&str>) -> Answer {
        self.at_sandbox_in("en", url, form).await
    }

    /// The same by a visitor who reads that language.
    pub async fn at_sandbox_in(&self, language: &str, url: &str, form: Option<&str>) -> Answer {
        let path = url.strip_prefix(SANDBOX_URL).unwrap_or(url);
        let request = if form.is_some() { Request::post(path) } else { Request::get(path) };
        let request = request
            .header("accept-language", language)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.map_or_else(Body::empty, |form| Body::from(form.to_owned())));
        Self::ask(&self.sandbox, request.unwrap()).await
    }

    async fn ask(router: &Router, request: Request<Body>) -> Answer {
        let response = router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        // A stream goes on: its status and headers are the answer.
        let is_stream =
            parts.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let body = if is_stream { Bytes::new() } else { to_bytes(body, 4_000_000).await.unwrap() };
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    /// The head of an answer whose body never ends, and that body.
    pub async fn open(&self, request: Request<Body>) -> axum::response::Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub async fn get(&self, path: &str, cookies: &str) -> Answer {
        self.send(Request::get(path).header("cookie", cookies).body(Body::empty()).unwrap()).await
    }

    /// A form sent by a browser without script.
    pub async fn post(&self, path: &str, cookies: &str, fields: &str) -> Answer {
        let request = Request::post(path)
            .header("cookie", cookies)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header("accept", "text/html")
            .body(Body::from(fields.to_owned()));
        self.send(request.unwrap()).await
    }

    /// The cookie of a member who has just signed in.
    pub async fn session_cookie(&self, member: &MemberActor) -> String {
        let session = fixtures::session(&self.db, member).await;
        format!("foyer_{}={}", self.organization.id.as_uuid().simple(), session.token.expose())
    }

    pub fn worker(&self, transport: Arc<dyn server::mail::MailTransport>) -> Worker {
        Worker {
            db: self.db.pool.clone(),
            clock: self.clock.clone(),
            chance: self.db.chance.clone(),
            secret: self.state.portal.secret.clone(),
            processors: self.state.portal.processors.clone(),
            renderer: Arc::new(Renderer::new(self.state.portal.urls.clone()).unwrap()),
            transport,
            webhooks: webhook::Client::new(Reach::PrivateToo),
            urls: self.state.portal.urls.clone(),
            wake: self.wake(),
            shutdown: self.shutdown.clone(),
        }
    }

    pub fn wake(&self) -> Wake {
        wake::listen(self.db.pool.clone(), self.db.chance.clone(), self.shutdown.clone())
    }

    /// Sends what is due into the mailbox and returns all that lies there.
    pub async fn deliver(&self) -> Vec<server::mail::dev_mailbox::StoredMail> {
        self.worker(Arc::new(self.mailbox.clone())).run_once().await.unwrap();
        self.mailbox.list().await.unwrap()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.shutdown.cancel();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A folder of its own below the system's temporary one.
pub fn scratch_folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("foyer-it-{}-{count}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A site as a release build leaves it, with next to nothing in it.
pub fn site_root(folder: &std::path::Path) -> PathBuf {
    let site = folder.join("site");
    std::fs::create_dir_all(site.join("pkg")).unwrap();
    for extension in ["js", "css", "wasm"] {
        std::fs::write(site.join(format!("pkg/foyer.0a1b2c3d4e5f.{extension}")), "x").unwrap();
    }
    std::fs::write(site.join("pkg/foyer.0a1b2c3d4e5f.js.br"), "brotli").unwrap();
    std::fs::write(site.join("icon.svg"), "<svg/>").unwrap();
    site
}
