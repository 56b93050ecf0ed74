//! Asking for a code and a link. The answer and the statements are the same for every address, known or not.

use std::fmt;

use domain::email::EmailAddress;
use domain::id::{MailId, OrganizationId, SignInId};
use domain::locale::Locale;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use time::Duration;

use super::{CODE_EXPIRES_AFTER, LINK_EXPIRES_AFTER, MAILS_PER_HOUR, REQUEST_LIMITS, safe_path};
use crate::context::Context;
use crate::error::DatabaseError;
use crate::event;
use crate::rate_limit::{self, CheckError, Limited};
use crate::token::{PlainToken, SIGN_IN_PREFIX, TOKEN_LENGTH_MAX, hash, new_token};

/// Somebody who wants to sign in.
#[derive(Debug, Clone)]
pub struct RequestSignIn {
    pub organization_id: OrganizationId,
    pub email: EmailAddress,
    /// The token that the browser already carries from an earlier request.
    pub browser_token: Option<String>,
    /// The path within the portal to go on to.
    pub return_to: Option<String>,
    /// The language of the mail.
    pub locale: Locale,
    /// Who is counted: the client's address.
    pub client: String,
}

/// Ties the code to the browser that asked for it; goes into its cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct BrowserToken(String);

impl BrowserToken {
    /// The token's text, for the cookie.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BrowserToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BrowserToken(…)")
    }
}

impl From<PlainToken> for BrowserToken {
    fn from(token: PlainToken) -> Self {
        Self(token.expose().to_owned())
    }
}

/// Why nothing was sent.
#[derive(Debug, Error)]
pub enum RequestSignInError {
    #[error("the client asked too often")]
    Limited(#[from] Limited),
    #[error("could not store the request to sign in")]
    Database(#[from] sqlx::Error),
    #[error("could not count or announce the request to sign in")]
    Plumbing(#[from] DatabaseError),
}

/// Writes down that somebody wants to sign in, and the mail with code and link.
///
/// Whether the address is known is looked up when the mail is sent. An address that had its mails of the hour gets no
/// further one, but codes already sent still work, and a browser that signed in with it before still gets its own.
pub async fn request(
    db: &PgPool,
    cx: &mut Context,
    input: RequestSignIn,
) -> Result<BrowserToken, RequestSignInError> {
    rate_limit::check(db, input.organization_id, "sign_in", &input.client, cx.now, REQUEST_LIMITS)
        .await?;
    let browser_token = input
        .browser_token
        .filter(|token| token.starts_with(SIGN_IN_PREFIX) && token.len() <= TOKEN_LENGTH_MAX)
        .map_or_else(|| new_token(SIGN_IN_PREFIX, &mut cx.rng).into(), BrowserToken);
    let mut tx = db.begin().await?;
    // One request per address at a time, or two would count the same mails.
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('foyer sign-in ' || $1 || lower($2), 0))",
        input.organization_id.to_string(),
        input.email.as_str(),
    )
    .execute(&mut *tx)
    .await?;
    let row = Row {
        organization_id: input.organization_id,
        sign_in_id: cx.new_id(),
        email: &input.email,
        browser_hash: hash(browser_token.expose()),
        return_to: safe_path(input.return_to),
        locale: input.locale,
    };
    insert(&mut tx, cx, row).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(browser_token)
}

struct Row<'a> {
    organization_id: OrganizationId,
    sign_in_id: SignInId,
    email: &'a EmailAddress,
    browser_hash: [u8; 32],
    return_to: Option<String>,
    locale: Locale,
}

async fn insert(tx: &mut PgConnection, cx: &mut Context, row: Row<'_>) -> Result<(), sqlx::Error> {
    let mail_id: MailId = cx.new_id();
    sqlx::query!(
        "with earlier as (
            select count(*) filter (where is_mailed and created_at > $10) as mails,
                count(*) filter (where is_mailed and created_at > $10 and browser_hash = $4) as mails_here,
                coalesce(bool_or(browser_hash = $4 and (code_used_at is not null or link_used_at is not null)), false) as is_proven_here
            from sign_in where organization_id = $1 and lower(email) = lower($3)),
         asked as (
            insert into sign_in (organization_id, sign_in_id, email, browser_hash, return_to, locale, is_mailed,
                created_at, code_expires_at, link_expires_at)
            select $1, $2, $3, $4, $5, $6, mails < $11 or (is_proven_here and mails_here < $11), $7, $8, $9 from earlier
            returning organization_id, sign_in_id, is_mailed)
         insert into mail (organization_id, mail_id, template, parameters, sign_in_id, created_at, expires_at, due_at)
         select organization_id, $12, 'sign_in', '{}', sign_in_id, $7, $9, $7 from asked where is_mailed",
        row.organization_id.as_uuid(),
        row.sign_in_id.as_uuid(),
        row.email.as_str(),
        &row.browser_hash,
        row.return_to,
        row.locale.tag(),
        cx.now,
        cx.now + CODE_EXPIRES_AFTER,
        cx.now + LINK_EXPIRES_AFTER,
        cx.now - Duration::hours(1),
        MAILS_PER_HOUR,
        mail_id.as_uuid(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

impl From<CheckError> for RequestSignInError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Limited(limited) => Self::Limited(limited),
            CheckError::Database(error) => Self::Plumbing(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign_in::steps::{Statements, Steps, count};
    use crate::test_support::{TestDb, fixtures};

    /// Each from a client of its own.
    async fn ask(steps: &Steps<'_>, email: &str, times: usize) {
        for _ in 0..times {
            steps.request(email).await;
        }
    }

    #[tokio::test]
    async fn the_sixth_mail_of_an_hour_is_not_sent_but_a_code_still_signs_in() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        fixtures::member(&db, steps.organization_id, "ada@example.com").await;
        let browser = steps.request("ada@example.com").await;
        let code = steps.newest_code().await;
        ask(&steps, "ADA@example.com", 9).await;
        assert_eq!((count(&db, "sign_in").await, count(&db, "mail").await), (10, MAILS_PER_HOUR));
        assert!(steps.verify(&browser, &code).await.is_ok());
        db.clock.advance(Duration::hours(1) - Duration::microseconds(1));
        ask(&steps, "ada@example.com", 1).await;
        assert_eq!(count(&db, "mail").await, MAILS_PER_HOUR);
        db.clock.advance(Duration::microseconds(1));
        ask(&steps, "ada@example.com", 1).await;
        assert_eq!(count(&db, "mail").await, MAILS_PER_HOUR + 1);
    }

    #[tokio::test]
    async fn a_browser_that_proved_itself_is_written_to_beyond_the_bound() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        fixtures::member(&db, steps.organization_id, "ada@example.com").await;
        let browser = steps.request("ada@example.com").await;
        let code = steps.newest_code().await;
        steps.verify(&browser, &code).await.unwrap();
        db.clock.advance(Duration::days(2));
        ask(&steps, "ada@example.com", 8).await;
        let before = count(&db, "mail").await;
        for _ in 0..8 {
            steps.request_again("ada@example.com", &browser).await;
        }
        assert_eq!(
            count(&db, "mail").await,
            before + MAILS_PER_HOUR,
            "its own mails are bounded too"
        );
    }

    #[tokio::test]
    async fn ten_at_once_send_no_more_than_the_bound() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        let mut requests = tokio::task::JoinSet::new();
        for n in 0..10 {
            let (pool, mut cx) = (db.pool.clone(), db.cx());
            let input = RequestSignIn {
                client: format!("192.0.2.{n}"),
                ..steps.asking("ada@example.com", None)
            };
            requests.spawn(async move { request(&pool, &mut cx, input).await.is_ok() });
        }
        assert!(requests.join_all().await.into_iter().all(|is_ok| is_ok));
        assert_eq!((count(&db, "sign_in").await, count(&db, "mail").await), (10, MAILS_PER_HOUR));
    }

    #[tokio::test]
    async fn a_client_asks_six_times_a_minute_and_then_waits() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        let asking = || steps.asking("ada@example.com", None);
        for _ in 0..6 {
            request(&db.pool, &mut db.cx(), asking()).await.unwrap();
        }
        let limited = request(&db.pool, &mut db.cx(), asking()).await;
        assert!(
            matches!(limited, Err(RequestSignInError::Limited(Limited { retry_after_s: 900 }))),
            "{limited:?}"
        );
        assert_eq!(count(&db, "sign_in").await, 6);
        db.clock.advance(Duration::minutes(15));
        request(&db.pool, &mut db.cx(), asking()).await.unwrap();
    }

    #[tokio::test]
    async fn the_same_statements_run_for_a_known_and_an_unknown_address() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        fixtures::member(&db, steps.organization_id, "ada@example.com").await;
        steps.request("warm@example.com").await;
        let known = Statements::of(steps.request("ada@example.com")).await;
        let unknown = Statements::of(steps.request("nobody@example.com")).await;
        assert!(known.len() >= 3, "{known:?}");
        assert_eq!(known, unknown);
    }

    #[tokio::test]
    async fn a_browser_keeps_its_token_and_garbage_is_replaced() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        let browser = steps.request("ada@example.com").await;
        assert_eq!(steps.request_again("ada@example.com", &browser).await, browser);
        for garbage in ["", "x", "foyer_oat_x", &format!("{SIGN_IN_PREFIX}{}", "x".repeat(10_000))]
        {
            assert_ne!(steps.request_again("ada@example.com", garbage).await, garbage);
        }
        let stored: String = sqlx::query_scalar("select string_agg(s::text, '') from sign_in s")
            .fetch_one(&db.pool)
            .await
            .unwrap();
        assert!(!stored.contains(&browser) && !stored.contains(steps.newest_code().await.expose()));
    }
}
