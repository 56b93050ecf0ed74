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
pub async fn choose(
    db: &PgPool,
    cx: &mut Context,
    input: ChooseSignIn,
) -> Result<NewSession, ChooseError> {
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
    let choice = choices
        .iter()
        .find(|choice| choice.member_id == input.member_id)
        .ok_or(ChooseError::NotOffered)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::MemberActor;
    use crate::sign_in::SignInOutcome;
    use crate::sign_in::steps::{Steps, count};
    use crate::test_support::{TestDb, fixtures};
    use domain::role::MemberRole;
    use time::Duration;

    /// Ada is a customer herself and a member of a team; she has just proved her address.
    async fn proven(steps: &Steps<'_>) -> (MemberActor, MemberActor, String) {
        let own = fixtures::member(steps.db, steps.organization_id, "ada@example.com").await;
        let owner = fixtures::team_owner(steps.db, steps.organization_id, "team@example.com").await;
        let team =
            fixtures::colleague(steps.db, &owner, "ADA@example.com", MemberRole::Member).await;
        let browser = steps.request("ada@example.com").await;
        let code = steps.newest_code().await;
        let Ok(SignInOutcome::Choose { proof_token, choices, .. }) =
            steps.verify(&browser, &code).await
        else {
            panic!("no choice was offered");
        };
        let offered: Vec<_> = choices.iter().map(|choice| choice.member_id).collect();
        assert_eq!(offered, [own.member_id, team.member_id]);
        (own, team, proof_token.expose().to_owned())
    }

    fn choosing(steps: &Steps<'_>, proof_token: &str, member_id: MemberId) -> ChooseSignIn {
        ChooseSignIn {
            organization_id: steps.organization_id,
            proof_token: proof_token.to_owned(),
            member_id,
            user_agent: "Firefox/150".into(),
        }
    }

    #[tokio::test]
    async fn the_chosen_customer_is_signed_in_to_once() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        let (_, team, proof) = proven(&steps).await;
        let offer =
            choices(&db.pool, steps.organization_id, &proof, db.now()).await.unwrap().unwrap();
        assert_eq!(offer.choices.len(), 2);
        let session =
            choose(&db.pool, &mut db.cx(), choosing(&steps, &proof, team.member_id)).await.unwrap();
        assert_eq!(
            (session.actor.customer_id, session.actor.role),
            (team.customer_id, MemberRole::Member)
        );
        assert_eq!(session.return_to.as_deref(), Some("/acme/portal/orders"));
        let again = choose(&db.pool, &mut db.cx(), choosing(&steps, &proof, team.member_id)).await;
        assert!(matches!(again, Err(ChooseError::Expired)));
        assert!(
            choices(&db.pool, steps.organization_id, &proof, db.now()).await.unwrap().is_none()
        );
    }

    #[tokio::test]
    async fn what_was_not_offered_cannot_be_chosen_and_spends_nothing() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        let (own, _, proof) = proven(&steps).await;
        let eve = fixtures::member(&db, steps.organization_id, "eve@example.com").await;
        let other = fixtures::organization(&db, "other").await;
        let refused = choose(&db.pool, &mut db.cx(), choosing(&steps, &proof, eve.member_id)).await;
        assert!(matches!(refused, Err(ChooseError::NotOffered)));
        let elsewhere =
            ChooseSignIn { organization_id: other, ..choosing(&steps, &proof, own.member_id) };
        assert!(matches!(
            choose(&db.pool, &mut db.cx(), elsewhere).await,
            Err(ChooseError::Expired)
        ));
        for garbage in ["", "\0", &"x".repeat(100_000)] {
            let refused =
                choose(&db.pool, &mut db.cx(), choosing(&steps, garbage, own.member_id)).await;
            assert!(matches!(refused, Err(ChooseError::Expired)));
            assert!(
                choices(&db.pool, steps.organization_id, garbage, db.now())
                    .await
                    .unwrap()
                    .is_none()
            );
        }
        assert_eq!(count(&db, "session").await, 0);
        assert!(
            choose(&db.pool, &mut db.cx(), choosing(&steps, &proof, own.member_id)).await.is_ok()
        );
    }

    #[tokio::test]
    async fn ten_at_once_choose_once_and_a_late_choice_is_none() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        let (own, _, proof) = proven(&steps).await;
        db.clock.advance(Duration::minutes(10));
        let late = choose(&db.pool, &mut db.cx(), choosing(&steps, &proof, own.member_id)).await;
        assert!(matches!(late, Err(ChooseError::Expired)));
        db.clock.advance(Duration::microseconds(-1));
        let mut chosen = tokio::task::JoinSet::new();
        for _ in 0..10 {
            let (pool, mut cx, input) =
                (db.pool.clone(), db.cx(), choosing(&steps, &proof, own.member_id));
            chosen.spawn(async move { choose(&pool, &mut cx, input).await.is_ok() });
        }
        assert_eq!(chosen.join_all().await.into_iter().filter(|is_ok| *is_ok).count(), 1);
        assert_eq!(count(&db, "session").await, 1);
    }
}
