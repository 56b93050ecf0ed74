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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::MemberActor;
    use crate::discount::{CreateDiscount, create, delete, get};
    use crate::test_support::billing::Offer;
    use crate::test_support::{TestDb, fixtures};
    use domain::discount::{DiscountAmount, DiscountDuration};

    async fn discount(
        db: &TestDb,
        organization_id: OrganizationId,
        terms: RedemptionTerms,
    ) -> DiscountId {
        let amount = DiscountAmount::Percentage { basis_points: 1_000 };
        let input = CreateDiscount {
            terms,
            ..CreateDiscount::of(organization_id, "Welcome", amount, DiscountDuration::Once)
        };
        create(&db.pool, &mut db.cx(), input).await.unwrap()
    }

    async fn buy(
        db: &TestDb,
        member: &MemberActor,
        discount_id: DiscountId,
        product_id: ProductId,
    ) -> Result<(), RedeemError> {
        let mut tx = db.pool.begin().await?;
        let (organization_id, customer_id) = (member.organization_id, member.customer_id);
        redeem(&mut tx, &mut db.cx(), organization_id, discount_id, customer_id, product_id)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    #[tokio::test]
    async fn each_customer_redeems_as_often_as_one_may() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let bob = fixtures::member(&db, organization_id, "bob@example.com").await;
        let eve = fixtures::member(&db, organization_id, "eve@example.com").await;
        let offer = Offer::monthly(&db, organization_id).await;
        let terms = RedemptionTerms {
            max_redemptions: Some(2),
            max_redemptions_per_customer: Some(1),
            ..RedemptionTerms::default()
        };
        let discount_id = discount(&db, organization_id, terms).await;
        let redeem = async |member| buy(&db, member, discount_id, offer.product_id).await;
        redeem(&ada).await.unwrap();
        let again = redeem(&ada).await;
        let refused = RedemptionRefusal::UsedUpByCustomer;
        assert!(matches!(again, Err(RedeemError::Refused(why)) if why == refused));
        redeem(&bob).await.unwrap();
        let third = redeem(&eve).await;
        assert!(matches!(third, Err(RedeemError::Refused(RedemptionRefusal::UsedUp))));
        let found = get(&db.pool, organization_id, discount_id).await.unwrap().unwrap();
        assert_eq!(found.redemptions_count, 2);
        let by_ada = redeemed_by(&db.pool, organization_id, discount_id, ada.customer_id).await;
        assert_eq!(by_ada.unwrap(), 1);
    }

    #[tokio::test]
    async fn of_many_at_once_one_gets_the_last() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let offer = Offer::monthly(&db, organization_id).await;
        let terms = RedemptionTerms { max_redemptions: Some(1), ..RedemptionTerms::default() };
        let discount_id = discount(&db, organization_id, terms).await;
        let mut members = vec![];
        for number in 0..4 {
            let email = format!("member{number}@example.com");
            members.push(fixtures::member(&db, organization_id, &email).await);
        }
        let [a, b, c, d] = members.as_slice() else { panic!("four members") };
        let outcomes: [Result<(), RedeemError>; 4] = tokio::join!(
            buy(&db, a, discount_id, offer.product_id),
            buy(&db, b, discount_id, offer.product_id),
            buy(&db, c, discount_id, offer.product_id),
            buy(&db, d, discount_id, offer.product_id),
        )
        .into();
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        let rows: i64 = sqlx::query_scalar("select count(*) from discount_redemption")
            .fetch_one(&db.pool)
            .await
            .unwrap();
        assert_eq!(rows, 1);
    }

    #[tokio::test]
    async fn others_products_and_deleted_discounts_are_refused() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let other = fixtures::organization(&db, "other").await;
        let stranger = fixtures::member(&db, other, "ada@example.com").await;
        let (pro, business) = (
            Offer::monthly(&db, organization_id).await,
            Offer::business(&db, organization_id).await,
        );
        let terms =
            RedemptionTerms { product_ids: vec![pro.product_id], ..RedemptionTerms::default() };
        let discount_id = discount(&db, organization_id, terms).await;
        let refused = buy(&db, &ada, discount_id, business.product_id).await;
        assert!(matches!(refused, Err(RedeemError::Refused(RedemptionRefusal::OtherProduct))));
        let unknown = buy(&db, &stranger, discount_id, pro.product_id).await;
        assert!(matches!(unknown, Err(RedeemError::Unknown)));
        delete(&db.pool, &mut db.cx(), organization_id, discount_id).await.unwrap();
        let deleted = buy(&db, &ada, discount_id, pro.product_id).await;
        assert!(matches!(deleted, Err(RedeemError::Unknown)));
    }
}
