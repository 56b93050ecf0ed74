//! Orders whose invoices waited for the seller's or the buyer's details.

use domain::id::{CustomerId, OrganizationId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::error::DatabaseError;

/// Makes the invoices due of those orders of a customer, or of all customers, that have none: in the order in which they were made.
pub(crate) async fn issue_waiting(
    tx: &mut PgConnection,
    now: OffsetDateTime,
    organization_id: OrganizationId,
    customer_id: Option<CustomerId>,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update orders o set issue_due_at = least(o.created_at, $3)
         where o.organization_id = $1 and ($2::uuid is null or o.customer_id = $2) and o.issue_due_at is null
           and o.status not in ('draft', 'void') and o.total_minor <> 0
           and not exists (select from invoice i where i.organization_id = o.organization_id and i.order_id = o.order_id)",
        organization_id.as_uuid(),
        customer_id.map(CustomerId::as_uuid),
        now,
    )
    .execute(tx)
    .await?;
    Ok(())
}
