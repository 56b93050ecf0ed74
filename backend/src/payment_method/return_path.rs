//! Where a browser that comes back from entering a method goes on, without asking anybody.

use domain::id::{OrganizationId, PaymentMethodSetupId};
use sqlx::PgPool;

use crate::error::DatabaseError;

/// The path, or the address of a portal that somebody else built, that was asked for when the setup was begun; `None` when there is no such setup. Needs no actor: it tells nothing else.
pub async fn return_path(
    db: &PgPool,
    organization_id: OrganizationId,
    payment_method_setup_id: PaymentMethodSetupId,
) -> Result<Option<String>, DatabaseError> {
    let path = sqlx::query_scalar!(
        r#"select coalesce(return_url, return_path) as "return_path!" from payment_method_setup where organization_id = $1 and payment_method_setup_id = $2"#,
        organization_id.as_uuid(),
        payment_method_setup_id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    Ok(path)
}
