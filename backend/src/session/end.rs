//! Ending a session: signing out here, or there.

use domain::event_type::EventType;
use domain::id::SessionId;
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};

/// Why no session was ended.
#[derive(Debug, Error)]
pub enum EndSessionError {
    #[error("the member has no such session")]
    Unknown,
    #[error("only a signed-in member ends sessions")]
    Forbidden(#[from] Forbidden),
    #[error("could not end the session")]
    Database(#[from] sqlx::Error),
    #[error("could not record the end of the session")]
    Event(#[from] DatabaseError),
}

/// Ends one of the member's own sessions. Ending it again changes nothing.
pub async fn end(
    db: &PgPool,
    cx: &mut Context,
    session_id: SessionId,
) -> Result<(), EndSessionError> {
    let actor = cx.actor.member().cloned().ok_or(Forbidden)?;
    let mut tx = db.begin().await?;
    let ended = sqlx::query_scalar!(
        "update session set ended_at = coalesce(ended_at, $4)
         where organization_id = $1 and member_id = $2 and session_id = $3
         returning ended_at = $4 as \"ended_now!\"",
        actor.organization_id.as_uuid(),
        actor.member_id.as_uuid(),
        session_id.as_uuid(),
        cx.now,
    )
    .fetch_optional(&mut *tx)
    .await?;
    match ended {
        None => return Err(EndSessionError::Unknown),
        Some(false) => return Ok(()),
        Some(true) => {}
    }
    let event = NewEvent {
        organization_id: actor.organization_id,
        event_type: EventType::SessionEnded,
        subject_kind: "session",
        subject_id: session_id.as_uuid(),
        customer_id: Some(actor.customer_id),
        snapshot: json!({ "member_id": actor.member_id, "is_own": session_id == actor.session_id }),
    };
    event::record(&mut tx, cx, event).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

/// Ends the session through which the member acts.
pub async fn sign_out(db: &PgPool, cx: &mut Context) -> Result<(), EndSessionError> {
    let session_id = cx.actor.member().ok_or(Forbidden)?.session_id;
    end(db, cx, session_id).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::authenticate;
    use crate::test_support::{TestDb, fixtures};
    use time::Duration;

    #[tokio::test]
    async fn signing_out_ends_this_session_only_and_once() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let (here, there) =
            (fixtures::session(&db, &ada).await, fixtures::session(&db, &ada).await);
        for _ in 0..2 {
            db.clock.advance(Duration::seconds(1));
            sign_out(&db.pool, &mut db.cx_of(here.actor.clone())).await.unwrap();
        }
        assert!(
            authenticate(&db.pool, organization_id, here.token.expose(), db.now())
                .await
                .unwrap()
                .is_none()
        );
        assert!(
            authenticate(&db.pool, organization_id, there.token.expose(), db.now())
                .await
                .unwrap()
                .is_some()
        );
        let ends = fixtures::event_types(&db)
            .await
            .into_iter()
            .filter(|name| name == "session.ended")
            .count();
        assert_eq!(ends, 1);
    }

    #[tokio::test]
    async fn ten_at_once_end_it_once() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let session = fixtures::session(&db, &ada).await;
        let mut ends = tokio::task::JoinSet::new();
        for n in 0..10 {
            let (pool, mut cx) = (db.pool.clone(), db.cx_of(session.actor.clone()));
            cx.now += Duration::microseconds(n);
            ends.spawn(async move { sign_out(&pool, &mut cx).await });
        }
        assert!(ends.join_all().await.iter().all(Result::is_ok));
        let recorded = fixtures::event_types(&db)
            .await
            .into_iter()
            .filter(|name| name == "session.ended")
            .count();
        assert_eq!(recorded, 1);
    }

    #[tokio::test]
    async fn other_peoples_sessions_are_unknown() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let bob = fixtures::member(&db, organization_id, "bob@example.com").await;
        let session = fixtures::session(&db, &ada).await;
        let refused = end(&db.pool, &mut db.cx_of(bob), session.session_id).await;
        assert!(matches!(refused, Err(EndSessionError::Unknown)));
        let refused = end(&db.pool, &mut db.cx(), session.session_id).await;
        assert!(matches!(refused, Err(EndSessionError::Forbidden(_))));
        assert!(
            authenticate(&db.pool, organization_id, session.token.expose(), db.now())
                .await
                .unwrap()
                .is_some()
        );
    }
}
