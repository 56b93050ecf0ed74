//! All methods of a customer go, because the customer goes.

use domain::id::{CustomerId, OrganizationId};
use sqlx::PgConnection;

use super::forget::forget;
use super::row::{lock_customer, method_rows};
use crate::context::Context;
use crate::error::QueryError;

/// Deletes every method of a live customer whose subscriptions have ended; the processor forgets them afterwards.
pub(crate) async fn forget_all(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    customer_id: CustomerId,
) -> Result<(), QueryError> {
    let methods = method_rows!(
        "where m.organization_id = $1 and m.customer_id = $2 and m.deleted_at is null
         order by m.payment_method_id
         for no key update of m",
        organization_id.as_uuid(),
        customer_id.as_uuid(),
    )
    .fetch_all(&mut *tx)
    .await?;
    for method in &methods {
        let Some(customer) = lock_customer(tx, organization_id, customer_id).await? else {
            return Ok(());
        };
        forget(tx, cx, &customer, method, &[], None, Some(cx.now)).await?;
    }
    Ok(())
}
