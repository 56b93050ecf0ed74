//! Marking a customer as exempt from tax.

use domain::event_type::EventType;
use domain::id::{CustomerId, OrganizationId};
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};

#[derive(Debug, Error)]
pub enum ExemptFromTaxError {
    #[error("there is no such customer")]
    Unknown,
    #[error("only the organization itself may exempt a customer")]
    Forbidden(#[from] Forbidden),
    #[error("the exemption could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for ExemptFromTaxError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Says whether a customer's next orders bear no tax, for example because the organization has seen its certificate.
pub async fn exempt_from_tax(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    is_exempt: bool,
) -> Result<(), ExemptFromTaxError> {
    cx.actor.staff(organization_id)?;
    let mut tx = db.begin().await?;
    let updated = sqlx::query!(
        "update customer set is_tax_exempt = $3, modified_at = $4
         where organization_id = $1 and customer_id = $2 and deleted_at is null",
        organization_id.as_uuid(),
        customer_id.as_uuid(),
        is_exempt,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(ExemptFromTaxError::Unknown);
    }
    let updated = NewEvent {
        organization_id,
        event_type: EventType::CustomerBillingUpdated,
        subject_kind: "customer",
        subject_id: customer_id.into(),
        customer_id: Some(customer_id),
        snapshot: json!({ "is_tax_exempt": is_exempt }),
    };
    event::record(&mut tx, cx, updated).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{TestDb, fixtures};

    #[tokio::test]
    async fn only_the_organization_exempts_and_only_its_own() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let (organization_id, id) = (owner.organization_id, owner.customer_id);
        let other = fixtures::organization(&db, "other").await;
        let own = exempt_from_tax(&db.pool, &mut db.cx_of(owner), organization_id, id, true).await;
        assert!(matches!(own, Err(ExemptFromTaxError::Forbidden(_))));
        let foreign = exempt_from_tax(&db.pool, &mut db.cx(), other, id, true).await;
        assert!(matches!(foreign, Err(ExemptFromTaxError::Unknown)));
        let is_exempt = "select is_tax_exempt from customer";
        assert!(!sqlx::query_scalar::<_, bool>(is_exempt).fetch_one(&db.pool).await.unwrap());
        exempt_from_tax(&db.pool, &mut db.cx(), organization_id, id, true).await.unwrap();
        assert!(sqlx::query_scalar::<_, bool>(is_exempt).fetch_one(&db.pool).await.unwrap());
    }
}
