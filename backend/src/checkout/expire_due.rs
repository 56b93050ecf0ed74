//! Ending checkouts that nobody bought by in time.

use domain::id::OrganizationId;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use super::error::CheckoutError;
use super::{row, store};
use crate::context::Context;
use crate::error::DatabaseError;
use crate::event;

/// One whose charge is under way is looked at again so much later.
const CHARGED_AGAIN_AFTER: Duration = Duration::minutes(10);

/// Expires up to `limit` checkouts that are due and returns how many were looked at. One whose charge is under way waits for it.
pub async fn expire_due(db: &PgPool, cx: &mut Context, limit: i64) -> Result<usize, CheckoutError> {
    let mut tx = db.begin().await?;
    let due = sqlx::query!(
        "select organization_id, checkout_id from checkout
         where due_at <= $1 and ($2::uuid is null or organization_id = $2)
         order by due_at
         limit $3
         for no key update skip locked",
        cx.now,
        cx.actor.organization_id().map(OrganizationId::as_uuid),
        limit,
    )
    .fetch_all(&mut *tx)
    .await?;
    for due in &due {
        let (organization_id, checkout_id) = (due.organization_id.into(), due.checkout_id.into());
        let Some(row) = row::read(&mut tx, organization_id, checkout_id).await? else { continue };
        if row.is_charged {
            sqlx::query!(
                "update checkout set due_at = $3 where organization_id = $1 and checkout_id = $2",
                due.organization_id,
                due.checkout_id,
                cx.now + CHARGED_AGAIN_AFTER,
            )
            .execute(&mut *tx)
            .await?;
        } else {
            store::expire(&mut tx, cx, &row).await?;
        }
    }
    if !due.is_empty() {
        event::notify(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(due.len())
}

/// When the next checkout expires; `None` when none is open.
pub async fn next_due_at(
    db: &PgPool,
    organization_id: Option<OrganizationId>,
) -> Result<Option<OffsetDateTime>, DatabaseError> {
    let at = sqlx::query_scalar!(
        "select min(due_at) from checkout where due_at is not null and ($1::uuid is null or organization_id = $1)",
        organization_id.map(OrganizationId::as_uuid),
    )
    .fetch_one(db)
    .await?;
    Ok(at)
}
