//! A method for those who tell of it, removed or not.

use domain::id::{OrganizationId, PaymentMethodId};
use sqlx::PgPool;

use super::list::PaymentMethod;
use super::row::{MethodRow, method_rows};

/// A method of the organization, also when it was removed. What it is used for is left out.
pub async fn with_deleted(
    db: &PgPool,
    organization_id: OrganizationId,
    payment_method_id: PaymentMethodId,
) -> Result<Option<PaymentMethod>, sqlx::Error> {
    let found: Option<MethodRow> = method_rows!(
        "where m.organization_id = $1 and m.payment_method_id = $2",
        organization_id.as_uuid(),
        payment_method_id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(|row| PaymentMethod {
        payment_method_id: row.id(),
        customer_id: row.customer_id.into(),
        details: row.details(),
        processor: row.processor,
        is_default: row.is_default,
        is_backup: row.is_backup,
        subscriptions: vec![],
        created_at: row.created_at,
    }))
}
