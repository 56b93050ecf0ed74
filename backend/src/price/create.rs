//! Giving a product a price. Amounts never change: a new amount is a new price.

use domain::event_type::EventType;
use domain::id::{OrganizationId, PriceId, ProductId};
use domain::money::Currency;
use domain::price::PriceAmount;
use domain::tax::TaxBehavior;
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, violated_constraint};
use crate::event::{self, NewEvent};
use crate::price::{NewPrice, insert};

/// A price to create.
#[derive(Debug, Clone)]
pub struct CreatePrice {
    pub organization_id: OrganizationId,
    pub product_id: ProductId,
    pub amount: PriceAmount,
    pub currency: Currency,
    /// Whether tax comes on top of the amount or is in it; as the organization says when missing.
    pub tax_behavior: Option<TaxBehavior>,
}

#[derive(Debug, Error)]
pub enum CreatePriceError {
    #[error("there is no such product")]
    UnknownProduct,
    #[error("only the organization itself may create a price")]
    Forbidden(#[from] Forbidden),
    #[error("the price could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for CreatePriceError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Adds a price to a product.
pub async fn create(
    db: &PgPool,
    cx: &mut Context,
    input: CreatePrice,
) -> Result<PriceId, CreatePriceError> {
    cx.actor.staff(input.organization_id)?;
    let price = NewPrice {
        amount: input.amount.clone(),
        currency: input.currency,
        tax_behavior: input.tax_behavior,
    };
    let mut tx = db.begin().await?;
    let price_id: PriceId = cx.new_id();
    insert(&mut tx, cx, input.organization_id, input.product_id, price_id, &price).await.map_err(
        |error| match violated_constraint(&error) {
            Some("price_product_fkey") => CreatePriceError::UnknownProduct,
            _ => error.into(),
        },
    )?;
    let created = NewEvent {
        organization_id: input.organization_id,
        event_type: EventType::PriceCreated,
        subject_kind: "price",
        subject_id: price_id.into(),
        customer_id: None,
        snapshot: json!({ "product_id": input.product_id, "amount": input.amount, "currency": input.currency, "tax_behavior": input.tax_behavior }),
    };
    event::record(&mut tx, cx, created).await?;
    tx.commit().await?;
    Ok(price_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::billing::Offer;
    use crate::test_support::{TestDb, fixtures};

    fn price(offer: &Offer) -> CreatePrice {
        CreatePrice {
            organization_id: offer.organization_id,
            product_id: offer.product_id,
            amount: PriceAmount::Fixed { amount_minor: 3_100 },
            currency: Currency::USD,
            tax_behavior: Some(TaxBehavior::Inclusive),
        }
    }

    #[tokio::test]
    async fn a_product_may_have_several_prices() {
        let db = TestDb::new().await;
        let offer = Offer::monthly(&db, fixtures::organization(&db, "acme").await).await;
        create(&db.pool, &mut db.cx(), price(&offer)).await.unwrap();
        let amounts: Vec<(String, i64, Option<String>)> = sqlx::query_as(
            "select currency, amount_minor, tax_behavior from price order by currency",
        )
        .fetch_all(&db.pool)
        .await
        .unwrap();
        assert_eq!(
            amounts,
            [("eur".into(), 2_900, None), ("usd".into(), 3_100, Some("inclusive".into()))]
        );
        assert_eq!(fixtures::event_types(&db).await.last().unwrap(), "price.created");
    }

    #[tokio::test]
    async fn a_product_of_another_organization_is_unknown() {
        let db = TestDb::new().await;
        let offer = Offer::monthly(&db, fixtures::organization(&db, "acme").await).await;
        let other = fixtures::organization(&db, "other").await;
        let refused =
            create(&db.pool, &mut db.cx(), CreatePrice { organization_id: other, ..price(&offer) })
                .await;
        assert!(matches!(refused, Err(CreatePriceError::UnknownProduct)));
    }

    #[tokio::test]
    async fn customers_do_not_make_prices() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let offer = Offer::monthly(&db, organization_id).await;
        let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
        let refused = create(&db.pool, &mut db.cx_of(owner), price(&offer)).await;
        assert!(matches!(refused, Err(CreatePriceError::Forbidden(_))));
    }
}
