//! Choosing the customer to act for, after the proof of an address that acts for several.

use domain::id::{MemberId, OrganizationId};
use sqlx::PgPool;
use thiserror::Error;
use time::OffsetDateTime;

use super::finish::{Choice, Proven, choices_of, sign_in_as};
use crate::context::Context;
use crate::error::{DatabaseError, QueryError};
use crate::session::NewSession;
use crate::token::{TOKEN_LENGTH_MAX, hash};

/// What may be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub choices: Vec<Choice>,
    pub return_to: Option<String>,
    pub expires_at: OffsetDateTime,
}

/// A choice that was made.
#[derive(Debug, Clone)]
pub struct ChooseSignIn {
    pub organization_id: OrganizationId,
    /// From the cookie that the proof left.
    pub proof_token: String,
    pub member_id: MemberId,
    pub user_agent: String,
}

/// Why nobody was signed in.
#[derive(Debug, Error)]
pub enum ChooseError {
    #[error("the proof no longer holds, or has been used")]
    Expired,
    #[error("this customer is not among those offered")]
    NotOffered,
    #[error("could not look the choice up")]
    Database(#[from] sqlx::Error),
    #[error("could not read the customers")]
    Query(#[from] QueryError),
    #[error("could not sign in")]
    SignIn(#[from] DatabaseError),
}

/// The customers that may be chosen with this proof, while it holds.
pub async fn choices(
    db: &PgPool,
    organization_id: OrganizationId,
    proof_token: &str,
    now: OffsetDateTime,
) -> Result<Option<Offer>, QueryError> {
    if proof_token.len() > TOKEN_LENGTH_MAX {
        return Ok(None);
    }
    let mut connection = db.acquire().await?;
    let proof = sqlx::query!(
        "select email, return_to, proof_expires_at as \"expires_at!\" from sign_in
         where organization_id = $1 and proof_hash = $2 and proof_expires_at > $3",
        organization_id.as_uuid(),
        &hash(proof_token),
        now,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(proof) = proof else { return Ok(None) };
    let choices = choices_of(&mut connection, organization_id, &proof.email).await?;
    Ok(Some(Offer { choices, return_to: proof.return_to, expires_at: proof.expires_at }))
}

/// Uses the proof up and signs in as the chosen member.
pub async fn choose(db: &PgPool, cx: &mut Context, input: ChooseSignIn) -> Result<NewSession, ChooseError> {
    if input.proof_token.len() > TOKEN_LENGTH_MAX {
        return Err(ChooseError::Expired);
    }
    let mut tx = db.begin().await?;
    let proof = sqlx::query!(
        "update sign_in set proof_hash = null, proof_expires_at = null
         where organization_id = $1 and proof_hash = $2 and proof_expires_at > $3
         returning sign_in_id, email, return_to",
        input.organization_id.as_uuid(),
        &hash(&input.proof_token),
        cx.now,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(ChooseError::Expired)?;
    let choices = choices_of(&mut tx, input.organization_id, &proof.email).await?;
    let choice = choices.iter().find(|choice| choice.member_id == input.member_id).ok_or(ChooseError::NotOffered)?;
    let proven = Proven {
        organization_id: input.organization_id,
        sign_in_id: proof.sign_in_id.into(),
        email: proof.email,
        return_to: proof.return_to,
        user_agent: input.user_agent,
    };
    let session = sign_in_as(&mut tx, cx, proven, choice).await?;
    tx.commit().await?;
    Ok(session)
}
