//! Proving an address by the code that was mailed to it.

use domain::id::OrganizationId;
use domain::sign_in_code::SignInCode;
use sqlx::PgPool;
use thiserror::Error;
use uuid::Uuid;

use super::finish::{Proven, SignInOutcome, finish};
use super::{CODE_LIMITS, TRIES_MAX, code_of};
use crate::context::Context;
use crate::error::{DatabaseError, QueryError};
use crate::rate_limit::{self, CheckError, Limited};
use crate::secret::SecretKey;
use crate::token::{TOKEN_LENGTH_MAX, hash};

/// A code that somebody typed.
#[derive(Debug, Clone)]
pub struct VerifyCode {
    pub organization_id: OrganizationId,
    /// From the cookie of the browser that asked; `None` when it has none.
    pub browser_token: Option<String>,
    pub code: SignInCode,
    pub user_agent: String,
    /// Who is counted: the client's address.
    pub client: String,
}

/// Why nobody was signed in.
#[derive(Debug, Error)]
pub enum VerifyCodeError {
    #[error("the code is wrong; {tries_left} tries are left")]
    WrongCode { tries_left: u8 },
    #[error("the code has been tried too often")]
    NoTriesLeft,
    #[error("the code no longer holds, or has been used")]
    Expired,
    #[error("this browser has not asked for a code")]
    NotAsked,
    #[error("the client tried too often")]
    Limited(#[from] Limited),
    #[error("could not check the code")]
    Database(#[from] sqlx::Error),
    #[error("could not sign in")]
    SignIn(#[from] QueryError),
    #[error("could not count the try")]
    Count(#[from] DatabaseError),
}

/// The newest codes of a browser that are compared: who asks twice may type either mail's code.
const CODES_COMPARED: i64 = 3;

/// A code that was tried; this try is counted.
struct Tried {
    sign_in_id: Uuid,
    email: String,
    return_to: Option<String>,
    tries: i16,
}

/// Checks a code and signs in. Each code works once, five tries at most, in the browser that asked.
///
/// The try is counted before the code is compared, and stays counted when the answer is no. Whose address it is, is
/// looked up only after the code was right.
pub async fn verify_code(
    db: &PgPool,
    cx: &mut Context,
    secret: &SecretKey,
    input: VerifyCode,
) -> Result<SignInOutcome, VerifyCodeError> {
    rate_limit::check(
        db,
        input.organization_id,
        "sign_in_code",
        &input.client,
        cx.now,
        CODE_LIMITS,
    )
    .await?;
    let browser_token =
        input.browser_token.as_deref().filter(|token| token.len() <= TOKEN_LENGTH_MAX);
    let browser_hash = hash(browser_token.ok_or(VerifyCodeError::NotAsked)?);
    let tried = count_try(db, cx, input.organization_id, &browser_hash).await?;
    if tried.is_empty() {
        return Err(why_none(db, cx, input.organization_id, &browser_hash).await?);
    }
    let wrong = wrong_code(&tried);
    let right = tried
        .into_iter()
        .find(|tried| code_of(secret, tried.sign_in_id.into()).matches(&input.code));
    let Some(right) = right else { return Err(wrong) };
    let proven = Proven {
        organization_id: input.organization_id,
        sign_in_id: right.sign_in_id.into(),
        email: right.email,
        return_to: right.return_to,
        user_agent: input.user_agent,
    };
    let mut tx = db.begin().await?;
    let used = sqlx::query!(
        "update sign_in set code_used_at = $3 where organization_id = $1 and sign_in_id = $2 and code_used_at is null",
        proven.organization_id.as_uuid(),
        proven.sign_in_id.as_uuid(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if used.rows_affected() == 0 {
        return Err(VerifyCodeError::Expired);
    }
    let outcome = finish(&mut tx, cx, proven).await?.ok_or(wrong)?;
    tx.commit().await?;
    Ok(outcome)
}

/// Counts a try on the newest live codes of this browser, at once and for good.
async fn count_try(
    db: &PgPool,
    cx: &Context,
    organization_id: OrganizationId,
    browser_hash: &[u8; 32],
) -> Result<Vec<Tried>, sqlx::Error> {
    sqlx::query_as!(
        Tried,
        "update sign_in s set tries = s.tries + 1
         from (
            select sign_in_id from sign_in
            where organization_id = $1 and browser_hash = $2
              and code_used_at is null and code_expires_at > $3 and tries < $4
            order by created_at desc, sign_in_id desc
            limit $5) newest
         where s.organization_id = $1 and s.sign_in_id = newest.sign_in_id
           and s.code_used_at is null and s.tries < $4
         returning s.sign_in_id, s.email, s.return_to, s.tries",
        organization_id.as_uuid(),
        browser_hash,
        cx.now,
        TRIES_MAX,
        CODES_COMPARED,
    )
    .fetch_all(db)
    .await
}

/// Why this browser has no code that could be tried.
async fn why_none(
    db: &PgPool,
    cx: &Context,
    organization_id: OrganizationId,
    browser_hash: &[u8; 32],
) -> Result<VerifyCodeError, sqlx::Error> {
    let newest = sqlx::query!(
        "select tries, code_used_at is not null or code_expires_at <= $3 as \"is_over!\" from sign_in
         where organization_id = $1 and browser_hash = $2
         order by created_at desc, sign_in_id desc limit 1",
        organization_id.as_uuid(),
        browser_hash,
        cx.now,
    )
    .fetch_optional(db)
    .await?;
    Ok(match newest {
        None => VerifyCodeError::NotAsked,
        Some(newest) if newest.is_over => VerifyCodeError::Expired,
        Some(newest) if newest.tries >= TRIES_MAX => VerifyCodeError::NoTriesLeft,
        // Used between the two looks.
        Some(_) => VerifyCodeError::Expired,
    })
}

fn wrong_code(tried: &[Tried]) -> VerifyCodeError {
    let left = tried.iter().map(|tried| TRIES_MAX - tried.tries).max().unwrap_or(0);
    match u8::try_from(left) {
        Ok(tries_left) if tries_left > 0 => VerifyCodeError::WrongCode { tries_left },
        _ => VerifyCodeError::NoTriesLeft,
    }
}

impl From<CheckError> for VerifyCodeError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Limited(limited) => Self::Limited(limited),
            CheckError::Database(error) => Self::Count(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session;
    use crate::sign_in::CODE_EXPIRES_AFTER;
    use crate::sign_in::steps::{Steps, count};
    use crate::test_support::{TestDb, fixtures};
    use time::Duration;

    #[tokio::test]
    async fn the_code_of_the_mail_signs_in_once_and_leads_on() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        let ada = fixtures::member(&db, steps.organization_id, "Ada@example.com").await;
        let browser = steps.request("ada@EXAMPLE.com").await;
        let code = steps.mailed_code().await;
        let Ok(SignInOutcome::SignedIn(session)) = steps.verify(&browser, &code).await else {
            panic!("the right code was refused");
        };
        assert_eq!(
            (session.actor.member_id, session.return_to.as_deref()),
            (ada.member_id, Some("/acme/portal/orders"))
        );
        let found = session::authenticate(
            &db.pool,
            steps.organization_id,
            session.token.expose(),
            db.now(),
        )
        .await;
        assert_eq!(found.unwrap().unwrap().actor, session.actor);
        assert!(matches!(steps.verify(&browser, &code).await, Err(VerifyCodeError::Expired)));
        assert_eq!(count(&db, "session").await, 1);
    }

    #[tokio::test]
    async fn after_five_tries_even_the_right_code_is_refused() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        fixtures::member(&db, steps.organization_id, "ada@example.com").await;
        let browser = steps.request("ada@example.com").await;
        let wrong = steps.wrong_code().await;
        let mut left = Vec::new();
        for _ in 0..4 {
            match steps.verify(&browser, &wrong).await {
                Err(VerifyCodeError::WrongCode { tries_left }) => left.push(tries_left),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(left, [4, 3, 2, 1]);
        assert!(matches!(steps.verify(&browser, &wrong).await, Err(VerifyCodeError::NoTriesLeft)));
        let right = steps.newest_code().await;
        assert!(matches!(steps.verify(&browser, &right).await, Err(VerifyCodeError::NoTriesLeft)));
        assert_eq!(count(&db, "session").await, 0);
    }

    #[tokio::test]
    async fn twenty_at_once_make_one_session() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        fixtures::member(&db, steps.organization_id, "ada@example.com").await;
        let browser = steps.request("ada@example.com").await;
        let code = steps.mailed_code().await;
        let outcomes = steps.verify_at_once(&browser, &code, 20).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        assert_eq!(count(&db, "session").await, 1);
        let created = fixtures::event_types(&db)
            .await
            .into_iter()
            .filter(|name| name == "session.created")
            .count();
        assert_eq!(created, 1);
    }

    #[tokio::test]
    async fn twenty_wrong_codes_at_once_are_five_tries() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        let browser = steps.request("ada@example.com").await;
        let wrong = steps.wrong_code().await;
        let outcomes = steps.verify_at_once(&browser, &wrong, 20).await;
        let counted = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Err(VerifyCodeError::WrongCode { .. })))
            .count();
        assert_eq!(counted, 4, "the fifth says that none is left");
        let tries: i16 =
            sqlx::query_scalar("select tries from sign_in").fetch_one(&db.pool).await.unwrap();
        assert_eq!(tries, TRIES_MAX);
    }

    #[tokio::test]
    async fn another_browser_or_organization_has_not_asked() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        fixtures::member(&db, steps.organization_id, "ada@example.com").await;
        let other = fixtures::organization(&db, "other").await;
        fixtures::member(&db, other, "ada@example.com").await;
        let browser = steps.request("ada@example.com").await;
        let stranger = steps.request("eve@example.com").await;
        let code = steps.code_for("ada@example.com").await;
        assert!(matches!(
            steps.verify(&stranger, &code).await,
            Err(VerifyCodeError::WrongCode { .. })
        ));
        let elsewhere =
            VerifyCode { organization_id: other, ..steps.verification(Some(&browser), code) };
        for input in [
            elsewhere,
            steps.verification(None, code),
            steps.verification(Some("garbage"), code),
            steps.verification(Some(&"x".repeat(100_000)), code),
        ] {
            let refused = verify_code(&db.pool, &mut db.cx(), &steps.secret, input).await;
            assert!(matches!(refused, Err(VerifyCodeError::NotAsked)), "{refused:?}");
        }
        assert!(steps.verify(&browser, &code).await.is_ok(), "nobody else's tries count here");
    }

    #[tokio::test]
    async fn a_code_holds_ten_minutes_to_the_microsecond() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        fixtures::member(&db, steps.organization_id, "ada@example.com").await;
        let browser = steps.request("ada@example.com").await;
        let code = steps.mailed_code().await;
        db.clock.advance(CODE_EXPIRES_AFTER);
        assert!(matches!(steps.verify(&browser, &code).await, Err(VerifyCodeError::Expired)));
        db.clock.advance(Duration::microseconds(-1));
        assert!(steps.verify(&browser, &code).await.is_ok());
    }

    #[tokio::test]
    async fn who_asks_twice_may_type_either_code() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        fixtures::member(&db, steps.organization_id, "ada@example.com").await;
        let browser = steps.request("ada@example.com").await;
        let first = steps.newest_code().await;
        db.clock.advance(Duration::seconds(30));
        steps.request_again("ada@example.com", &browser).await;
        assert!(steps.verify(&browser, &first).await.is_ok());
    }

    #[tokio::test]
    async fn an_unknown_address_cannot_match_and_a_removed_member_no_longer() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        let browser = steps.request("nobody@example.com").await;
        let guessed = steps.newest_code().await;
        assert!(matches!(
            steps.verify(&browser, &guessed).await,
            Err(VerifyCodeError::WrongCode { tries_left: 4 })
        ));
        fixtures::member(&db, steps.organization_id, "ada@example.com").await;
        let browser = steps.request("ada@example.com").await;
        let code = steps.code_for("ada@example.com").await;
        sqlx::query("update member set deleted_at = created_at").execute(&db.pool).await.unwrap();
        assert!(matches!(
            steps.verify(&browser, &code).await,
            Err(VerifyCodeError::WrongCode { tries_left: 4 })
        ));
        assert_eq!(count(&db, "session").await, 0);
    }

    #[tokio::test]
    async fn a_client_that_types_without_end_waits() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        let browser = steps.request("ada@example.com").await;
        let wrong = steps.wrong_code().await;
        for _ in 0..CODE_LIMITS.per_minute {
            assert!(!matches!(
                steps.verify(&browser, &wrong).await,
                Err(VerifyCodeError::Limited(_))
            ));
        }
        let limited = steps.verify(&browser, &wrong).await;
        assert!(
            matches!(limited, Err(VerifyCodeError::Limited(Limited { retry_after_s: 900 }))),
            "{limited:?}"
        );
    }
}
