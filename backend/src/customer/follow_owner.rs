//! A customer's owner is written to at the customer's own address.

use domain::event_type::EventType;
use domain::id::{CustomerId, OrganizationId};
use serde_json::json;
use sqlx::PgConnection;

use crate::context::Context;
use crate::error::DatabaseError;
use crate::event::{self, NewEvent};

pub(crate) struct EmailChange<'a> {
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    pub is_individual: bool,
    pub from: &'a str,
    pub to: &'a str,
}

/// The owner's address becomes the customer's new one: always that of one person, a team's where it was the customer's before.
pub(crate) async fn follow_owner(
    tx: &mut PgConnection,
    cx: &mut Context,
    change: &EmailChange<'_>,
) -> Result<(), sqlx::Error> {
    let owner = sqlx::query_scalar!(
        "update member set email = $3, modified_at = $4
         where organization_id = $1 and customer_id = $2 and role = 'owner' and deleted_at is null
           and email <> $3 and ($5 or lower(email) = lower($6))
         returning member_id",
        change.organization_id.as_uuid(),
        change.customer_id.as_uuid(),
        change.to,
        cx.now,
        change.is_individual,
        change.from,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(member_id) = owner else { return Ok(()) };
    let updated = NewEvent {
        organization_id: change.organization_id,
        event_type: EventType::MemberUpdated,
        subject_kind: "member",
        subject_id: member_id,
        customer_id: Some(change.customer_id),
        snapshot: json!({ "role": "owner", "email_changed": true }),
    };
    event::record(tx, cx, updated).await.map(|_| ()).map_err(|error: DatabaseError| error.0)
}
