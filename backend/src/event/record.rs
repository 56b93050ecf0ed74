//! Writing an event down.

use domain::event_type::EventType;
use domain::id::{CustomerId, EventId, OrganizationId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::context::Context;
use crate::error::DatabaseError;
use crate::{mail, webhook};

/// An event to record. Personal values are referenced by id, not copied into the snapshot.
#[derive(Debug, Clone)]
pub struct NewEvent {
    pub organization_id: OrganizationId,
    pub event_type: EventType,
    /// What it happened to, as in the table's name: `subscription`, `orders`, `session` …
    pub subject_kind: &'static str,
    pub subject_id: Uuid,
    /// The customer it concerns, in whose activity it shows.
    pub customer_id: Option<CustomerId>,
    /// Facts as they are now, with previous values where they changed.
    pub snapshot: serde_json::Value,
}

/// Records an event and, in the same transaction, the mails and the deliveries to webhook endpoints that it causes.
///
/// Call it after the change itself: mails take their facts from the changed rows.
pub async fn record(
    tx: &mut PgConnection,
    cx: &mut Context,
    event: NewEvent,
) -> Result<EventId, DatabaseError> {
    let event_id: EventId = cx.new_id();
    let told = webhook::Told::of(cx, &event);
    if told.is_empty() {
        insert(tx, cx, &event, event_id).await?;
    } else {
        webhook::insert_event(tx, cx, &event, event_id, &told).await?;
    }
    mail::for_event(tx, cx, &event, event_id).await?;
    Ok(event_id)
}

async fn insert(
    tx: &mut PgConnection,
    cx: &Context,
    event: &NewEvent,
    event_id: EventId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "insert into event
            (organization_id, event_id, occurred_at, type, subject_kind, subject_id, customer_id, actor_kind, actor_id, request_id, snapshot)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        event.organization_id.as_uuid(),
        event_id.as_uuid(),
        cx.now,
        event.event_type.as_str(),
        event.subject_kind,
        event.subject_id,
        event.customer_id.map(CustomerId::as_uuid),
        cx.actor.kind(),
        cx.actor.id(),
        cx.request_id,
        event.snapshot,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Wakes the workers and the live pages when the transaction commits. Carries no data and need not arrive; an
/// interactive command or a worker's batch calls it once, at its end.
pub async fn notify(tx: &mut PgConnection) -> Result<(), DatabaseError> {
    sqlx::query!("select pg_notify('foyer', '')").execute(tx).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{TestDb, fixtures};
    use serde_json::json;

    fn event(organization_id: OrganizationId) -> NewEvent {
        NewEvent {
            organization_id,
            event_type: EventType::SessionEnded,
            subject_kind: "session",
            subject_id: Uuid::nil(),
            customer_id: None,
            snapshot: json!({ "is_own": true }),
        }
    }

    #[tokio::test]
    async fn says_who_did_it_when_and_for_which_request() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let mut cx = db.cx_of(ada.clone()).with_request_id("request-1");
        let mut tx = db.pool.begin().await.unwrap();
        let event_id = record(&mut tx, &mut cx, event(organization_id)).await.unwrap();
        tx.commit().await.unwrap();
        let row: (String, Option<Uuid>, Option<String>, time::OffsetDateTime) = sqlx::query_as(
            "select actor_kind, actor_id, request_id, occurred_at from event where event_id = $1",
        )
        .bind(event_id.as_uuid())
        .fetch_one(&db.pool)
        .await
        .unwrap();
        assert_eq!(
            row,
            ("member".into(), Some(ada.member_id.as_uuid()), Some("request-1".into()), db.now())
        );
    }

    #[tokio::test]
    async fn what_did_not_commit_is_not_announced() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let before = fixtures::event_types(&db).await;
        let mut listener = sqlx::postgres::PgListener::connect_with(&db.pool).await.unwrap();
        listener.listen("foyer").await.unwrap();
        let mut tx = db.pool.begin().await.unwrap();
        record(&mut tx, &mut db.cx(), event(organization_id)).await.unwrap();
        notify(&mut tx).await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(fixtures::event_types(&db).await, before);
        // A later announcement arrives alone.
        sqlx::query("select pg_notify('foyer', 'later')").execute(&db.pool).await.unwrap();
        assert_eq!(listener.recv().await.unwrap().payload(), "later");
    }
}
