//! Taking a benefit away from every product that has it.

use domain::event_type::EventType;
use domain::id::{BenefitId, OrganizationId};
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};

#[derive(Debug, Error)]
pub enum DeleteBenefitError {
    #[error("there is no such benefit")]
    Unknown,
    #[error("only the organization itself may delete a benefit")]
    Forbidden(#[from] Forbidden),
    #[error("the benefit could not be deleted")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for DeleteBenefitError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Deletes a benefit.
pub async fn delete(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    benefit_id: BenefitId,
) -> Result<(), DeleteBenefitError> {
    cx.actor.staff(organization_id)?;
    let mut tx = db.begin().await?;
    let deleted = sqlx::query!(
        "update benefit set deleted_at = $3, modified_at = $3
         where organization_id = $1 and benefit_id = $2 and deleted_at is null",
        organization_id.as_uuid(),
        benefit_id.as_uuid(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if deleted.rows_affected() == 0 {
        return Err(DeleteBenefitError::Unknown);
    }
    let happened = NewEvent {
        organization_id,
        event_type: EventType::BenefitDeleted,
        subject_kind: "benefit",
        subject_id: benefit_id.into(),
        customer_id: None,
        snapshot: json!({}),
    };
    event::record(&mut tx, cx, happened).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::benefit::{CreateBenefit, create};
    use crate::product::{UpdateProduct, details, update};
    use crate::test_support::billing::Offer;
    use crate::test_support::{TestDb, fixtures};

    #[tokio::test]
    async fn it_goes_from_its_products_once() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
        let offer = Offer::monthly(&db, organization_id).await;
        let input = CreateBenefit::of(organization_id, "Support by phone");
        let benefit_id = create(&db.pool, &mut db.cx(), input).await.unwrap();
        let given = UpdateProduct {
            benefits: Some(vec![benefit_id]),
            ..UpdateProduct::of(organization_id, offer.product_id)
        };
        update(&db.pool, &mut db.cx(), given.clone()).await.unwrap();
        let forbidden = delete(&db.pool, &mut db.cx_of(owner), organization_id, benefit_id).await;
        assert!(matches!(forbidden, Err(DeleteBenefitError::Forbidden(_))));
        delete(&db.pool, &mut db.cx(), organization_id, benefit_id).await.unwrap();
        let found = details(&db.pool, organization_id, &[offer.product_id], &[]).await.unwrap();
        assert_eq!(found[&offer.product_id].benefits, []);
        let again = delete(&db.pool, &mut db.cx(), organization_id, benefit_id).await;
        assert!(matches!(again, Err(DeleteBenefitError::Unknown)));
        let given = update(&db.pool, &mut db.cx(), given).await;
        assert!(matches!(given, Err(crate::product::UpdateProductError::UnknownBenefit)));
        assert_eq!(fixtures::event_types(&db).await.last().unwrap(), "benefit.deleted");
    }
}
