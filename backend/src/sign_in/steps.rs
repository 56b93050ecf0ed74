//! The steps of a sign-in as tests take them.

use std::cell::Cell;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use domain::email::EmailAddress;
use domain::id::OrganizationId;
use domain::locale::Locale;
use domain::sign_in_code::SignInCode;
use sqlx::AssertSqlSafe;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use uuid::Uuid;

use super::{
    LinkError, OpenedLink, RequestSignIn, SignInOutcome, UseLink, UseLinkError, VerifyCode,
    VerifyCodeError, code_of, open_link, request, use_link, verify_code,
};
use crate::mail::{self, Letter, Prepared};
use crate::secret::SecretKey;
use crate::test_support::{TestDb, fixtures};

/// An organization that people sign in to.
pub(super) struct Steps<'a> {
    pub db: &'a TestDb,
    pub organization_id: OrganizationId,
    pub secret: SecretKey,
    clients: Cell<u32>,
}

impl<'a> Steps<'a> {
    pub async fn new(db: &'a TestDb) -> Self {
        let organization_id = fixtures::organization(db, "acme").await;
        let secret = SecretKey::from_hex(&"5e".repeat(32)).unwrap();
        Self { db, organization_id, secret, clients: Cell::new(0) }
    }

    /// Asks from a new client and a new browser; answers the browser's token.
    pub async fn request(&self, email: &str) -> String {
        self.ask(email, None).await
    }

    /// Asks from a new client and this browser.
    pub async fn request_again(&self, email: &str, browser: &str) -> String {
        self.ask(email, Some(browser)).await
    }

    async fn ask(&self, email: &str, browser: Option<&str>) -> String {
        self.clients.set(self.clients.get() + 1);
        let client = format!("198.51.100.{}", self.clients.get());
        let input = RequestSignIn { client, ..self.asking(email, browser) };
        request(&self.db.pool, &mut self.db.cx(), input).await.unwrap().expose().to_owned()
    }

    pub fn asking(&self, email: &str, browser: Option<&str>) -> RequestSignIn {
        RequestSignIn {
            organization_id: self.organization_id,
            email: EmailAddress::parse(email).unwrap(),
            browser_token: browser.map(str::to_owned),
            return_to: Some("/acme/portal/orders".into()),
            locale: Locale::De,
            client: "192.0.2.1".into(),
        }
    }

    pub fn verification(&self, browser: Option<&str>, code: SignInCode) -> VerifyCode {
        VerifyCode {
            organization_id: self.organization_id,
            browser_token: browser.map(str::to_owned),
            code,
            user_agent: "Firefox/150".into(),
            client: "192.0.2.1".into(),
        }
    }

    pub async fn verify(
        &self,
        browser: &str,
        code: &SignInCode,
    ) -> Result<SignInOutcome, VerifyCodeError> {
        let input = self.verification(Some(browser), *code);
        verify_code(&self.db.pool, &mut self.db.cx(), &self.secret, input).await
    }

    pub async fn verify_at_once(
        &self,
        browser: &str,
        code: &SignInCode,
        times: usize,
    ) -> Vec<Result<SignInOutcome, VerifyCodeError>> {
        let mut verifications = tokio::task::JoinSet::new();
        for _ in 0..times {
            let (pool, mut cx, secret) = (self.db.pool.clone(), self.db.cx(), self.secret.clone());
            let input = self.verification(Some(browser), *code);
            verifications.spawn(async move { verify_code(&pool, &mut cx, &secret, input).await });
        }
        verifications.join_all().await
    }

    pub async fn open(&self, link: &str) -> Result<OpenedLink, LinkError> {
        open_link(&self.db.pool, &self.secret, self.organization_id, link, self.db.now()).await
    }

    pub fn pressing(&self, link: &str) -> UseLink {
        UseLink {
            organization_id: self.organization_id,
            link_token: link.to_owned(),
            user_agent: "Firefox/150".into(),
        }
    }

    pub async fn press(&self, link: &str) -> Result<SignInOutcome, UseLinkError> {
        use_link(&self.db.pool, &mut self.db.cx(), &self.secret, self.pressing(link)).await
    }

    /// The code in the one mail that is due, as the worker prepares it.
    pub async fn mailed_code(&self) -> SignInCode {
        let letter = self.mailed().await;
        SignInCode::parse(letter.params["code"].as_str().unwrap()).unwrap()
    }

    /// The link's token in the one mail that is due.
    pub async fn mailed_link(&self) -> String {
        self.mailed().await.params["link_token"].as_str().unwrap().to_owned()
    }

    async fn mailed(&self) -> Letter {
        let mut claimed = mail::claim(&self.db.pool, self.db.now(), 10).await.unwrap();
        assert_eq!(claimed.len(), 1);
        let mail = claimed.remove(0);
        match mail::prepare(&self.db.pool, &mail, &self.secret, self.db.now()).await.unwrap() {
            Prepared::Send(letter) => *letter,
            Prepared::Drop(reason) => panic!("the mail is dropped: {reason:?}"),
        }
    }

    /// The code of the newest request, mailed or not.
    pub async fn newest_code(&self) -> SignInCode {
        self.code(
            "select sign_in_id from sign_in order by created_at desc, sign_in_id desc limit 1",
        )
        .await
    }

    /// The code of the newest request of this address.
    pub async fn code_for(&self, email: &str) -> SignInCode {
        let id: Uuid = sqlx::query_scalar(
            "select sign_in_id from sign_in where email = $1 order by created_at desc limit 1",
        )
        .bind(email)
        .fetch_one(&self.db.pool)
        .await
        .unwrap();
        code_of(&self.secret, id.into())
    }

    /// A code that is not the newest request's.
    pub async fn wrong_code(&self) -> SignInCode {
        let right = self.newest_code().await;
        let wrong = SignInCode::parse("222222").unwrap();
        assert!(!right.matches(&wrong));
        wrong
    }

    async fn code(&self, query: &'static str) -> SignInCode {
        let id: Uuid = sqlx::query_scalar(query).fetch_one(&self.db.pool).await.unwrap();
        code_of(&self.secret, id.into())
    }
}

/// How many rows a table has.
pub(super) async fn count(db: &TestDb, table: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}")))
        .fetch_one(&db.pool)
        .await
        .unwrap()
}

/// Records the statements that run on this thread, with the rows they touch.
#[derive(Clone, Default)]
pub(super) struct Statements(Arc<Mutex<Vec<String>>>);

impl Statements {
    pub async fn of<T>(work: impl Future<Output = T>) -> Vec<String> {
        let statements = Self::default();
        let subscriber = tracing_subscriber::registry().with(statements.clone());
        let guard = tracing::subscriber::set_default(subscriber);
        work.await;
        drop(guard);
        statements.0.lock().unwrap().clone()
    }
}

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            let mut fields = Fields::default();
            event.record(&mut fields);
            self.0.lock().unwrap().push(fields.0);
        }
    }
}

#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if !field.name().starts_with("elapsed") {
            let _ = write!(self.0, "{}={value:?} ", field.name());
        }
    }
}
