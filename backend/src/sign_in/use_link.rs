//! Signing in by a link, in any browser, once, by the button of its page.

use domain::id::OrganizationId;
use sqlx::PgPool;
use thiserror::Error;

use super::finish::{Proven, SignInOutcome, finish};
use super::open_link::{LinkError, open_link};
use super::secret::sign_in_of;
use crate::context::Context;
use crate::error::QueryError;
use crate::secret::SecretKey;

/// A link whose button was pressed.
#[derive(Debug, Clone)]
pub struct UseLink {
    pub organization_id: OrganizationId,
    pub link_token: String,
    pub user_agent: String,
}

/// Why nobody was signed in.
#[derive(Debug, Error)]
pub enum UseLinkError {
    #[error("the link leads nowhere")]
    Link(#[from] LinkError),
    #[error("could not use the link")]
    Database(#[from] sqlx::Error),
    #[error("could not sign in")]
    SignIn(#[from] QueryError),
}

/// Uses a link up and signs in.
pub async fn use_link(
    db: &PgPool,
    cx: &mut Context,
    secret: &SecretKey,
    input: UseLink,
) -> Result<SignInOutcome, UseLinkError> {
    let sign_in_id = sign_in_of(secret, &input.link_token).ok_or(LinkError::Invalid)?;
    let mut tx = db.begin().await?;
    let used = sqlx::query!(
        "update sign_in set link_used_at = $3
         where organization_id = $1 and sign_in_id = $2 and link_used_at is null and link_expires_at > $3
         returning email, return_to",
        input.organization_id.as_uuid(),
        sign_in_id.as_uuid(),
        cx.now,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(used) = used else {
        tx.rollback().await?;
        let why = open_link(db, secret, input.organization_id, &input.link_token, cx.now).await;
        return Err(why.err().unwrap_or(LinkError::Used).into());
    };
    let proven = Proven {
        organization_id: input.organization_id,
        sign_in_id,
        email: used.email,
        return_to: used.return_to,
        user_agent: input.user_agent,
    };
    let outcome = finish(&mut tx, cx, proven).await?.ok_or(LinkError::Invalid)?;
    tx.commit().await?;
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sign_in::LINK_EXPIRES_AFTER;
    use crate::sign_in::steps::{Steps, count};
    use crate::test_support::{TestDb, fixtures};
    use time::Duration;

    #[tokio::test]
    async fn opened_twice_and_pressed_once_it_signs_in_and_pressed_again_it_is_used() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        let ada = fixtures::member(&db, steps.organization_id, "ada@example.com").await;
        steps.request("ada@example.com").await;
        let link = steps.mailed_link().await;
        for _ in 0..2 {
            assert_eq!(steps.open(&link).await.unwrap().email, "ada@example.com");
        }
        let Ok(SignInOutcome::SignedIn(session)) = steps.press(&link).await else {
            panic!("the link was refused")
        };
        assert_eq!(session.actor.member_id, ada.member_id);
        assert!(matches!(steps.open(&link).await, Err(LinkError::Used)));
        assert!(matches!(steps.press(&link).await, Err(UseLinkError::Link(LinkError::Used))));
        assert_eq!(count(&db, "session").await, 1);
    }

    #[tokio::test]
    async fn pressed_ten_times_at_once_it_makes_one_session() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        fixtures::member(&db, steps.organization_id, "ada@example.com").await;
        steps.request("ada@example.com").await;
        let link = steps.mailed_link().await;
        let mut presses = tokio::task::JoinSet::new();
        for _ in 0..10 {
            let (pool, mut cx, secret, input) =
                (db.pool.clone(), db.cx(), steps.secret.clone(), steps.pressing(&link));
            presses.spawn(async move { use_link(&pool, &mut cx, &secret, input).await.is_ok() });
        }
        assert_eq!(presses.join_all().await.into_iter().filter(|is_ok| *is_ok).count(), 1);
        assert_eq!(count(&db, "session").await, 1);
    }

    #[tokio::test]
    async fn it_holds_fifteen_minutes_to_the_microsecond() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        fixtures::member(&db, steps.organization_id, "ada@example.com").await;
        steps.request("ada@example.com").await;
        let link = steps.mailed_link().await;
        db.clock.advance(LINK_EXPIRES_AFTER);
        assert!(matches!(steps.open(&link).await, Err(LinkError::Expired)));
        assert!(matches!(steps.press(&link).await, Err(UseLinkError::Link(LinkError::Expired))));
        db.clock.advance(Duration::microseconds(-1));
        assert!(steps.press(&link).await.is_ok());
    }

    #[tokio::test]
    async fn forged_foreign_and_orphaned_links_lead_nowhere() {
        let db = TestDb::new().await;
        let steps = Steps::new(&db).await;
        fixtures::member(&db, steps.organization_id, "ada@example.com").await;
        let other = fixtures::organization(&db, "other").await;
        steps.request("ada@example.com").await;
        let link = steps.mailed_link().await;
        let elsewhere = UseLink { organization_id: other, ..steps.pressing(&link) };
        let forged = steps.pressing(&"A".repeat(64));
        let garbage = steps.pressing(&"\0é".repeat(1_000));
        for input in [elsewhere, forged, garbage] {
            let refused = use_link(&db.pool, &mut db.cx(), &steps.secret, input).await;
            assert!(matches!(refused, Err(UseLinkError::Link(LinkError::Invalid))), "{refused:?}");
        }
        sqlx::query("update customer set deleted_at = created_at").execute(&db.pool).await.unwrap();
        assert!(matches!(steps.press(&link).await, Err(UseLinkError::Link(LinkError::Invalid))));
        assert_eq!(count(&db, "session").await, 0);
    }
}
