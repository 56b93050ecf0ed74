//! Selling a product at other prices: prices are added and archived, never changed.

use std::collections::HashMap;

use domain::field_errors::FieldErrors;
use domain::id::PriceId;
use domain::money::Currency;
use sqlx::PgConnection;
use uuid::Uuid;

use super::check::check_prices;
use super::update::{OfferedPrice, UpdateProduct, UpdateProductError};
use crate::context::Context;
use crate::error::InconsistencyError;
use crate::price;

/// Archives the prices that are not named and adds the new ones. The product's row is locked by the caller.
pub(super) async fn replace_prices(
    tx: &mut PgConnection,
    cx: &mut Context,
    input: &UpdateProduct,
    prices: &[OfferedPrice],
) -> Result<(), UpdateProductError> {
    let (organization_id, product_id) = (input.organization_id, input.product_id);
    let live = sqlx::query!(
        "select price_id, currency from price where organization_id = $1 and product_id = $2 and not is_archived",
        organization_id.as_uuid(),
        product_id.as_uuid(),
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut currencies: HashMap<PriceId, Currency> = HashMap::with_capacity(live.len());
    for row in live {
        let currency = Currency::parse(&row.currency)
            .map_err(|_| InconsistencyError::new("price", "currency", row.price_id))?;
        currencies.insert(row.price_id.into(), currency);
    }
    let mut errors = FieldErrors::new();
    let (mut staying, mut added) = (vec![], vec![]);
    for (place, price) in prices.iter().enumerate() {
        match price {
            OfferedPrice::New(price) => added.push(price),
            OfferedPrice::Existing(price_id) => match currencies.remove(price_id) {
                Some(currency) => staying.push((price_id.as_uuid(), currency)),
                None => errors.push(format!("prices.{place}.id"), "price_unknown"),
            },
        }
    }
    let staying_currencies: Vec<Currency> = staying.iter().map(|(_, currency)| *currency).collect();
    check_prices(&mut errors, &added, &staying_currencies);
    errors.result(()).map_err(UpdateProductError::Invalid)?;
    let staying: Vec<Uuid> = staying.iter().map(|(price_id, _)| *price_id).collect();
    sqlx::query!(
        "update price set is_archived = true, modified_at = $4
         where organization_id = $1 and product_id = $2 and not is_archived and not price_id = any ($3)",
        organization_id.as_uuid(),
        product_id.as_uuid(),
        &staying,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let price_ids = price::new_ids(cx, added.len());
    for (price_id, price) in price_ids.into_iter().zip(added) {
        price::insert(tx, cx, organization_id, product_id, price_id, price).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::NewPrice;
    use crate::product::update;
    use crate::test_support::billing::Offer;
    use crate::test_support::{TestDb, fixtures};
    use domain::price::PriceAmount;

    fn fixed(amount_minor: i64, currency: Currency) -> OfferedPrice {
        let amount = PriceAmount::Fixed { amount_minor };
        OfferedPrice::New(NewPrice { amount, currency, tax_behavior: None })
    }

    async fn live(db: &TestDb) -> Vec<(String, i64)> {
        sqlx::query_as(
            "select currency, amount_minor from price where not is_archived order by currency, amount_minor",
        )
        .fetch_all(&db.pool)
        .await
        .unwrap()
    }

    #[tokio::test]
    async fn what_is_not_named_is_archived_and_runs_on() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let offer = Offer::monthly(&db, owner.organization_id).await;
        offer.subscribe(&db, &owner).await;
        let of = UpdateProduct::of(offer.organization_id, offer.product_id);
        let sell = async |prices: Vec<OfferedPrice>| {
            let input = UpdateProduct { prices: Some(prices), ..of.clone() };
            update(&db.pool, &mut db.cx(), input).await
        };
        let old = OfferedPrice::Existing(offer.price_id);
        sell(vec![old.clone(), fixed(3_100, Currency::USD)]).await.unwrap();
        assert_eq!(live(&db).await, [("eur".into(), 2_900), ("usd".into(), 3_100)]);
        sell(vec![fixed(3_900, Currency::EUR)]).await.unwrap();
        assert_eq!(live(&db).await, [("eur".into(), 3_900)]);
        let amount: i64 = sqlx::query_scalar(
            "select p.amount_minor from subscription s join price p using (organization_id, price_id)",
        )
        .fetch_one(&db.pool)
        .await
        .unwrap();
        assert_eq!(amount, 2_900, "the subscription keeps its price");
        let again = sell(vec![old]).await;
        let Err(UpdateProductError::Invalid(errors)) = again else { panic!("an archived price") };
        assert_eq!(errors.first("prices.0.id"), Some("price_unknown"));
    }

    #[tokio::test]
    async fn each_currency_has_one_price() {
        let db = TestDb::new().await;
        let offer = Offer::monthly(&db, fixtures::organization(&db, "acme").await).await;
        let other = Offer::business(&db, offer.organization_id).await;
        let existing = OfferedPrice::Existing(offer.price_id);
        for (prices, field, code) in [
            (vec![], "prices", "required"),
            (
                vec![existing.clone(), fixed(1, Currency::EUR)],
                "prices.0.price_currency",
                "currency_twice",
            ),
            (vec![OfferedPrice::Existing(other.price_id)], "prices.0.id", "price_unknown"),
            (vec![existing.clone(), existing.clone()], "prices.1.id", "price_unknown"),
        ] {
            let of = UpdateProduct::of(offer.organization_id, offer.product_id);
            let input = UpdateProduct { prices: Some(prices), ..of };
            let refused = update(&db.pool, &mut db.cx(), input).await;
            let Err(UpdateProductError::Invalid(errors)) = refused else { panic!("{field}") };
            assert_eq!(errors.first(field), Some(code));
        }
        assert_eq!(live(&db).await.len(), 2);
    }
}
