//! Writing an event down.

use domain::event_type::EventType;
use domain::id::{CustomerId, EventId, OrganizationId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::context::Context;
use crate::error::DatabaseError;
use crate::mail;

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

/// Records an event and, in the same transaction, the mails it causes.
///
/// Call it after the change itself: mails take their facts from the changed rows.
pub async fn record(tx: &mut PgConnection, cx: &mut Context, event: NewEvent) -> Result<EventId, DatabaseError> {
    let event_id: EventId = cx.new_id();
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
    .execute(&mut *tx)
    .await?;
    mail::for_event(tx, cx, &event, event_id).await?;
    Ok(event_id)
}

/// Wakes the workers and the live pages when the transaction commits. Carries no data and need not arrive; an
/// interactive command or a worker's batch calls it once, at its end.
pub async fn notify(tx: &mut PgConnection) -> Result<(), DatabaseError> {
    sqlx::query!("select pg_notify('foyer', '')").execute(tx).await?;
    Ok(())
}
