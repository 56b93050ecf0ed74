//! When there is something to do about methods.

use domain::id::OrganizationId;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::error::DatabaseError;

/// When the next look at a setup, the next notice of an ending card, or the next method to be forgotten is due, within one organization
/// or anywhere; `None` when none is planned.
pub async fn next_due_at(
    db: &PgPool,
    organization_id: Option<OrganizationId>,
) -> Result<Option<OffsetDateTime>, DatabaseError> {
    let at = sqlx::query_scalar!(
        "select least(
            (select min(due_at) from payment_method_setup where due_at is not null and ($1::uuid is null or organization_id = $1)),
            (select min(expiry_notice_due_at) from payment_method
             where expiry_notice_due_at is not null and ($1::uuid is null or organization_id = $1)),
            (select min(detach_due_at) from payment_method where detach_due_at is not null and ($1::uuid is null or organization_id = $1)))",
        organization_id.map(OrganizationId::as_uuid),
    )
    .fetch_one(db)
    .await?;
    Ok(at)
}
