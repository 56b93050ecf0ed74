//! Proving an address by the code that was mailed to it.

use domain::id::{OrganizationId, SignInId};
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
    rate_limit::check(db, input.organization_id, "sign_in_code", &input.client, cx.now, CODE_LIMITS).await?;
    let browser_token = input.browser_token.as_deref().filter(|token| token.len() <= TOKEN_LENGTH_MAX);
    let browser_hash = hash(browser_token.ok_or(VerifyCodeError::NotAsked)?);
    let tried = count_try(db, cx, input.organization_id, &browser_hash).await?;
    if tried.is_empty() {
        return Err(why_none(db, cx, input.organization_id, &browser_hash).await?);
    }
    let wrong = wrong_code(&tried);
    let right = tried.into_iter().find(|tried| code_of(secret, tried.sign_in_id.into()).matches(&input.code));
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

/// The sign-in's id as the worker uses it, for tests of other modules.
#[cfg(test)]
pub(crate) async fn newest_sign_in(db: &PgPool) -> SignInId {
    let id: Uuid = sqlx::query_scalar("select sign_in_id from sign_in order by created_at desc, sign_in_id desc limit 1")
        .fetch_one(db)
        .await
        .unwrap();
    id.into()
}
