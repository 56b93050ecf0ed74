//! All customers, a batch at a time.

use domain::id::{CustomerId, OrganizationId};
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::actor::Actor;
use crate::error::QueryError;

/// Customers of one batch.
const BATCH: i64 = 1_000;

/// The last customer that was told.
pub type ExportCursor = (OffsetDateTime, CustomerId);

/// A customer as a list for a spreadsheet has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedCustomer {
    pub customer_id: CustomerId,
    pub external_id: Option<String>,
    pub email: String,
    pub name: Option<String>,
    pub created_at: OffsetDateTime,
}

/// The next live customers after the cursor, newest first; none at the end.
///
/// # Errors
/// `Forbidden` for everybody but the organization itself.
pub async fn export(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    after: Option<ExportCursor>,
) -> Result<Vec<ExportedCustomer>, QueryError> {
    actor.staff(organization_id)?;
    let rows = sqlx::query!(
        "select customer_id, external_id, email, name, created_at from customer
         where organization_id = $1 and deleted_at is null
           and ($2::timestamptz is null or (created_at, customer_id) < ($2, $3))
         order by created_at desc, customer_id desc
         limit $4",
        organization_id.as_uuid(),
        after.map(|(created_at, _)| created_at),
        after.map(|(_, customer_id)| customer_id.as_uuid()),
        BATCH,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ExportedCustomer {
            customer_id: row.customer_id.into(),
            external_id: row.external_id,
            email: row.email,
            name: row.name,
            created_at: row.created_at,
        })
        .collect())
}
