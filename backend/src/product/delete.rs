//! Taking a product away to which nothing refers.

use domain::event_type::EventType;
use domain::id::{OrganizationId, ProductId};
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};

#[derive(Debug, Error)]
pub enum DeleteProductError {
    #[error("there is no such product")]
    Unknown,
    #[error("subscriptions or orders refer to the product")]
    Referred,
    #[error("only the organization itself may delete a product")]
    Forbidden(#[from] Forbidden),
    #[error("the product could not be deleted")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for DeleteProductError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Deletes a product that was never sold. One that was can be archived.
pub async fn delete(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    product_id: ProductId,
) -> Result<(), DeleteProductError> {
    cx.actor.staff(organization_id)?;
    let mut tx = db.begin().await?;
    // The lock keeps purchases from referring to it meanwhile.
    sqlx::query!(
        "select product_id from product where organization_id = $1 and product_id = $2 and deleted_at is null for update",
        organization_id.as_uuid(),
        product_id.as_uuid(),
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(DeleteProductError::Unknown)?;
    let referred = super::referred(&mut *tx, organization_id, &[product_id]).await?;
    let awaited = sqlx::query_scalar!(
        r#"select exists (select from subscription_pending_update where organization_id = $1 and product_id = $2) as "any!""#,
        organization_id.as_uuid(),
        product_id.as_uuid(),
    )
    .fetch_one(&mut *tx)
    .await?;
    if awaited || !referred.is_empty() {
        return Err(DeleteProductError::Referred);
    }
    sqlx::query!(
        "update product set deleted_at = $3, modified_at = $3 where organization_id = $1 and product_id = $2",
        organization_id.as_uuid(),
        product_id.as_uuid(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let deleted = NewEvent {
        organization_id,
        event_type: EventType::ProductDeleted,
        subject_kind: "product",
        subject_id: product_id.into(),
        customer_id: None,
        snapshot: json!({}),
    };
    event::record(&mut tx, cx, deleted).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product;
    use crate::test_support::billing::Offer;
    use crate::test_support::{TestDb, fixtures};

    #[tokio::test]
    async fn what_was_never_sold_goes_and_the_rest_stays() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let organization_id = owner.organization_id;
        let (sold, unsold) = (
            Offer::monthly(&db, organization_id).await,
            Offer::business(&db, organization_id).await,
        );
        sold.subscribe(&db, &owner).await;
        let other = fixtures::organization(&db, "other").await;
        let ask = async |organization_id, product_id| {
            delete(&db.pool, &mut db.cx(), organization_id, product_id).await
        };
        let refused = ask(organization_id, sold.product_id).await;
        assert!(matches!(refused, Err(DeleteProductError::Referred)));
        let foreign = ask(other, unsold.product_id).await;
        assert!(matches!(foreign, Err(DeleteProductError::Unknown)));
        let cx = &mut db.cx_of(owner);
        let forbidden = delete(&db.pool, cx, organization_id, unsold.product_id).await;
        assert!(matches!(forbidden, Err(DeleteProductError::Forbidden(_))));
        ask(organization_id, unsold.product_id).await.unwrap();
        let again = ask(organization_id, unsold.product_id).await;
        assert!(matches!(again, Err(DeleteProductError::Unknown)));
        let offered = product::on_offer(&db.pool, organization_id).await.unwrap();
        assert_eq!(offered.iter().map(|p| p.product_id).collect::<Vec<_>>(), [sold.product_id]);
        assert_eq!(fixtures::event_types(&db).await.last().unwrap(), "product.deleted");
    }
}
