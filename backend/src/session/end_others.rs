//! Ending every session of a member but the one that asks.

use domain::event_type::EventType;
use serde_json::json;
use sqlx::PgPool;

use super::EndSessionError;
use crate::context::Context;
use crate::error::Forbidden;
use crate::event::{self, NewEvent};

/// Ends all of the member's other sessions; answers how many.
///
/// # Errors
/// `Forbidden` for anybody but a signed-in member.
pub async fn end_others(db: &PgPool, cx: &mut Context) -> Result<usize, EndSessionError> {
    let actor = cx.actor.member().cloned().ok_or(Forbidden)?;
    let mut tx = db.begin().await?;
    let ended = sqlx::query_scalar!(
        "update session set ended_at = $4
         where organization_id = $1 and member_id = $2 and session_id <> $3 and ended_at is null
         returning session_id",
        actor.organization_id.as_uuid(),
        actor.member_id.as_uuid(),
        actor.session_id.as_uuid(),
        cx.now,
    )
    .fetch_all(&mut *tx)
    .await?;
    for session_id in &ended {
        let event = NewEvent {
            organization_id: actor.organization_id,
            event_type: EventType::SessionEnded,
            subject_kind: "session",
            subject_id: *session_id,
            customer_id: Some(actor.customer_id),
            snapshot: json!({ "member_id": actor.member_id, "is_own": false }),
        };
        event::record(&mut tx, cx, event).await?;
    }
    if !ended.is_empty() {
        event::notify(&mut tx).await?;
    }
    let ended_count = ended.len();
    cx.commit(tx, &ended_count).await?;
    Ok(ended_count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::authenticate;
    use crate::test_support::{TestDb, fixtures};

    #[tokio::test]
    async fn ends_the_others_once_and_leaves_this_one_and_other_peoples() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let bob = fixtures::member(&db, organization_id, "bob@example.com").await;
        let here = fixtures::session(&db, &ada).await;
        let others = [fixtures::session(&db, &ada).await, fixtures::session(&db, &ada).await];
        let foreign = fixtures::session(&db, &bob).await;
        let cx = || db.cx_of(here.actor.clone());
        assert_eq!(end_others(&db.pool, &mut cx()).await.unwrap(), 2);
        assert_eq!(end_others(&db.pool, &mut cx()).await.unwrap(), 0);
        let live = async |token: &str| {
            authenticate(&db.pool, organization_id, token, db.now()).await.unwrap().is_some()
        };
        assert!(live(here.token.expose()).await && live(foreign.token.expose()).await);
        for other in &others {
            assert!(!live(other.token.expose()).await);
        }
        let ends = fixtures::event_types(&db)
            .await
            .into_iter()
            .filter(|name| name == "session.ended")
            .count();
        assert_eq!(ends, 2);
    }

    #[tokio::test]
    async fn only_a_member_has_sessions() {
        let db = TestDb::new().await;
        fixtures::organization(&db, "acme").await;
        assert!(matches!(
            end_others(&db.pool, &mut db.cx()).await,
            Err(EndSessionError::Forbidden(_))
        ));
    }
}
