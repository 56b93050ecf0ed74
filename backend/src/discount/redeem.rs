//! Redeeming a discount: counted once for each purchase, never more often than its terms say.

use domain::discount::{RedemptionRefusal, RedemptionTerms};
use domain::id::{CustomerId, DiscountId, OrganizationId, ProductId};
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use uuid::Uuid;

use crate::context::Context;
use crate::error::{DatabaseError, QueryError};

/// Why a discount was not redeemed.
#[derive(Debug, Error)]
pub enum RedeemError {
    #[error("there is no such discount")]
    Unknown,
    #[error("the discount cannot be redeemed")]
    Refused(#[from] RedemptionRefusal),
    #[error("the redemption could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for RedeemError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Counts a purchase with a discount, in the transaction of the purchase. The discount's row is locked until that commits, so that of
/// two who ask for the last redemption one waits and is refused. Part of a command: who may buy is checked there.
pub async fn redeem(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    discount_id: DiscountId,
    customer_id: CustomerId,
    product_id: ProductId,
) -> Result<(), RedeemError> {
    let row = sqlx::query!(
        "select starts_at, ends_at, max_redemptions, max_redemptions_per_customer, redemptions_count
         from discount where organization_id = $1 and discount_id = $2 and deleted_at is null for update",
        organization_id.as_uuid(),
        discount_id.as_uuid(),
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(RedeemError::Unknown)?;
    // A statement of its own: it sees what committed while the row was waited for.
    let used = sqlx::query!(
        r#"select array (select product_id from discount_product where organization_id = $1 and discount_id = $2) as "product_ids!",
            (select count(*)::integer from discount_redemption
             where organization_id = $1 and discount_id = $2 and customer_id = $3) as "by_customer!""#,
        organization_id.as_uuid(),
        discount_id.as_uuid(),
        customer_id.as_uuid(),
    )
    .fetch_one(&mut *tx)
    .await?;
    let terms = RedemptionTerms {
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        max_redemptions: row.max_redemptions,
        max_redemptions_per_customer: row.max_redemptions_per_customer,
        product_ids: used.product_ids.into_iter().map(Into::into).collect(),
    };
    terms.check(cx.now, product_id, row.redemptions_count, used.by_customer)?;
    sqlx::query!(
        "with redeemed as (
            insert into discount_redemption (organization_id, discount_redemption_id, discount_id, customer_id, product_id, redeemed_at)
            values ($1, $2, $3, $4, $5, $6))
         update discount set redemptions_count = redemptions_count + 1 where organization_id = $1 and discount_id = $3",
        organization_id.as_uuid(),
        cx.new_id::<Uuid>(),
        discount_id.as_uuid(),
        customer_id.as_uuid(),
        product_id.as_uuid(),
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// How often a customer redeemed a discount.
///
/// # Errors
/// [`QueryError::Database`].
pub async fn redeemed_by(
    db: &PgPool,
    organization_id: OrganizationId,
    discount_id: DiscountId,
    customer_id: CustomerId,
) -> Result<i32, QueryError> {
    let count = sqlx::query_scalar!(
        r#"select count(*)::integer as "count!" from discount_redemption
         where organization_id = $1 and discount_id = $2 and customer_id = $3"#,
        organization_id.as_uuid(),
        discount_id.as_uuid(),
        customer_id.as_uuid(),
    )
    .fetch_one(db)
    .await?;
    Ok(count)
}
