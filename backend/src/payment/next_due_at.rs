//! When there is something to do about money.

use domain::id::OrganizationId;
use sqlx::PgPool;
use time::OffsetDateTime;

use crate::error::DatabaseError;

/// When the next charge, refund or retry is due, within one organization or anywhere; `None` when none is planned.
pub async fn next_due_at(
    db: &PgPool,
    organization_id: Option<OrganizationId>,
) -> Result<Option<OffsetDateTime>, DatabaseError> {
    let at = sqlx::query_scalar!(
        "select least(
            (select min(due_at) from payment_attempt where due_at is not null and ($1::uuid is null or organization_id = $1)),
            (select min(due_at) from refund where due_at is not null and ($1::uuid is null or organization_id = $1)),
            (select min(next_payment_attempt_at) from orders
             where next_payment_attempt_at is not null and ($1::uuid is null or organization_id = $1)))",
        organization_id.map(OrganizationId::as_uuid),
    )
    .fetch_one(db)
    .await?;
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::SandboxBehavior;
    use crate::payment::test_helpers::Case;
    use crate::test_support::fixtures;
    use time::Duration;

    #[tokio::test]
    async fn the_charge_then_the_retry_then_nothing() {
        let case = Case::new(SandboxBehavior::DeclineGeneric).await;
        let other = fixtures::organization(&case.db, "other").await;
        let next = async || next_due_at(&case.db.pool, None).await.unwrap();
        assert_eq!(next().await, Some(case.db.now()));
        assert_eq!(next_due_at(&case.db.pool, Some(other)).await.unwrap(), None);
        case.work().await;
        assert_eq!(next().await, Some(case.db.now() + Duration::days(2)));
        case.card(SandboxBehavior::Approve).await;
        case.after(Duration::days(2)).await;
        assert_eq!(next().await, None);
    }
}
