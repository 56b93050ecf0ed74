//! From a code to a session.

use domain::sign_in_code::SignInCode;
use sqlx::PgPool;
use thiserror::Error;
use uuid::Uuid;

use super::{TRIES_MAX, count, hash_of};
use crate::api_session::{self, ApiSessionKind, CreatedApiSession, Whose};
use crate::context::Context;
use crate::error::DatabaseError;
use crate::event;
use crate::rate_limit::{CheckError, Limited};
use crate::secret::{SecretKey, same_digest};

/// A code that somebody typed.
#[derive(Debug, Clone)]
pub struct AuthenticateApiSignIn {
    pub code: SignInCode,
    /// Of the request that the code belongs to: then its tries are counted as well.
    pub request_id: Option<Uuid>,
    /// Who is counted: the client's address.
    pub client: String,
}

/// Why nobody was signed in.
#[derive(Debug, Error)]
pub enum AuthenticateApiSignInError {
    #[error("the code is wrong, was used, or holds no longer")]
    Invalid,
    #[error("the client tried too often")]
    Limited(#[from] Limited),
    #[error("could not sign in")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for AuthenticateApiSignInError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<CheckError> for AuthenticateApiSignInError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Limited(limited) => limited.into(),
            CheckError::Database(error) => error.into(),
        }
    }
}

/// Checks a code and makes the member's session. Each code works once; with the request's id it is tried five times at most.
///
/// Tries are counted for good before the code is compared.
pub async fn authenticate(
    db: &PgPool,
    secret: &SecretKey,
    cx: &mut Context,
    input: AuthenticateApiSignIn,
) -> Result<CreatedApiSession, AuthenticateApiSignInError> {
    count(db, &input.client, cx.now).await?;
    let hash = hash_of(secret, input.code);
    let found = match input.request_id {
        Some(request_id) => try_of_request(db, cx, request_id, &hash).await?,
        None => find(db, cx, &hash).await?,
    };
    let (organization_id, api_sign_in_id) = found.ok_or(AuthenticateApiSignInError::Invalid)?;
    let mut tx = db.begin().await?;
    let used = sqlx::query!(
        "update api_sign_in s set used_at = $3
         from member m, customer c
         where s.organization_id = $1 and s.api_sign_in_id = $2 and s.used_at is null
           and m.organization_id = s.organization_id and m.member_id = s.member_id and m.deleted_at is null
           and lower(m.email) = lower(s.email)
           and c.organization_id = s.organization_id and c.customer_id = s.customer_id and c.deleted_at is null
         returning s.customer_id, s.member_id",
        organization_id,
        api_sign_in_id,
        cx.now,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(AuthenticateApiSignInError::Invalid)?;
    let whose = Whose {
        organization_id: organization_id.into(),
        customer_id: used.customer_id.into(),
        member_id: used.member_id.into(),
        kind: ApiSessionKind::Member,
    };
    let session = api_session::insert(&mut tx, cx, whose, None).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &session).await?;
    Ok(session)
}

/// The row of a bare code. Two rows with the same code are none: nobody can say which is meant.
async fn find(
    db: &PgPool,
    cx: &Context,
    hash: &[u8; 32],
) -> Result<Option<(Uuid, Uuid)>, sqlx::Error> {
    let rows = sqlx::query!(
        "select organization_id, api_sign_in_id from api_sign_in
         where code_hash = $1 and used_at is null and expires_at > $2 and tries < $3
         limit 2",
        hash.as_slice(),
        cx.now,
        TRIES_MAX,
    )
    .fetch_all(db)
    .await?;
    Ok(match rows.as_slice() {
        [one] => Some((one.organization_id, one.api_sign_in_id)),
        _ => None,
    })
}

/// Counts a try at all codes of the request, and finds the one that is meant.
async fn try_of_request(
    db: &PgPool,
    cx: &Context,
    request_id: Uuid,
    hash: &[u8; 32],
) -> Result<Option<(Uuid, Uuid)>, sqlx::Error> {
    let rows = sqlx::query!(
        "update api_sign_in set tries = tries + 1
         where request_id = $1 and used_at is null and expires_at > $2 and tries < $3
         returning organization_id, api_sign_in_id, code_hash",
        request_id,
        cx.now,
        TRIES_MAX,
    )
    .fetch_all(db)
    .await?;
    let is_meant = |code_hash: &[u8]| {
        <[u8; 32]>::try_from(code_hash).is_ok_and(|code_hash| same_digest(&code_hash, hash))
    };
    let row = rows.into_iter().find(|row| is_meant(&row.code_hash));
    Ok(row.map(|row| (row.organization_id, row.api_sign_in_id)))
}

#[cfg(test)]
mod tests;
