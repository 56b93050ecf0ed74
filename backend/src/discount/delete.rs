//! Taking a discount away: nobody gets it any more, and who has it keeps it.

use domain::event_type::EventType;
use domain::id::{DiscountId, OrganizationId};
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};

#[derive(Debug, Error)]
pub enum DeleteDiscountError {
    #[error("there is no such discount")]
    Unknown,
    #[error("only the organization itself may delete a discount")]
    Forbidden(#[from] Forbidden),
    #[error("the discount could not be deleted")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for DeleteDiscountError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Deletes a discount; its code is free again.
pub async fn delete(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    discount_id: DiscountId,
) -> Result<(), DeleteDiscountError> {
    cx.actor.staff(organization_id)?;
    let mut tx = db.begin().await?;
    let deleted = sqlx::query!(
        "update discount set deleted_at = $3, modified_at = $3
         where organization_id = $1 and discount_id = $2 and deleted_at is null",
        organization_id.as_uuid(),
        discount_id.as_uuid(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if deleted.rows_affected() == 0 {
        return Err(DeleteDiscountError::Unknown);
    }
    let happened = NewEvent {
        organization_id,
        event_type: EventType::DiscountDeleted,
        subject_kind: "discount",
        subject_id: discount_id.into(),
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
    use crate::discount::{CreateDiscount, create, find_by_code};
    use crate::test_support::{TestDb, fixtures};
    use domain::discount::{DiscountAmount, DiscountDuration};

    #[tokio::test]
    async fn its_code_is_free_again() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
        let amount = DiscountAmount::Percentage { basis_points: 2_500 };
        let spring = CreateDiscount {
            code: Some("SPRING".into()),
            ..CreateDiscount::of(organization_id, "Spring", amount, DiscountDuration::Once)
        };
        let discount_id = create(&db.pool, &mut db.cx(), spring.clone()).await.unwrap();
        let forbidden = delete(&db.pool, &mut db.cx_of(owner), organization_id, discount_id).await;
        assert!(matches!(forbidden, Err(DeleteDiscountError::Forbidden(_))));
        delete(&db.pool, &mut db.cx(), organization_id, discount_id).await.unwrap();
        let again = delete(&db.pool, &mut db.cx(), organization_id, discount_id).await;
        assert!(matches!(again, Err(DeleteDiscountError::Unknown)));
        assert_eq!(find_by_code(&db.pool, organization_id, "spring").await.unwrap(), None);
        assert_eq!(fixtures::event_types(&db).await.last().unwrap(), "discount.deleted");
        create(&db.pool, &mut db.cx(), spring).await.unwrap();
    }
}
