//! Ending sessions of a person, or of everybody who acts for a customer, within another command's transaction.

use domain::event_type::EventType;
use domain::id::{CustomerId, MemberId, OrganizationId};
use serde_json::json;
use sqlx::PgConnection;

use crate::context::Context;
use crate::error::DatabaseError;
use crate::event::{self, NewEvent};

/// Ends the sessions of a customer's browsers and of its API calls: those of one member, or all of them.
pub(crate) async fn end_all(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    of: Option<MemberId>,
) -> Result<(), DatabaseError> {
    let (organization, customer) = (organization_id.as_uuid(), customer_id.as_uuid());
    let member = of.map(MemberId::as_uuid);
    let ended = sqlx::query!(
        "update session set ended_at = $4
         where organization_id = $1 and customer_id = $2 and ($3::uuid is null or member_id = $3) and ended_at is null and expires_at > $4
         returning session_id, member_id",
        organization,
        customer,
        member,
        cx.now,
    )
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query!(
        "update api_session set expires_at = $4
         where organization_id = $1 and customer_id = $2 and ($3::uuid is null or member_id = $3) and expires_at > $4",
        organization,
        customer,
        member,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    for session in ended {
        let event = NewEvent {
            organization_id,
            event_type: EventType::SessionEnded,
            subject_kind: "session",
            subject_id: session.session_id,
            customer_id: Some(customer_id),
            snapshot: json!({ "member_id": session.member_id, "is_own": false }),
        };
        event::record(tx, cx, event).await?;
    }
    Ok(())
}
