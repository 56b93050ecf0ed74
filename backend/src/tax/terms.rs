//! Which rate applies to a customer, and whether a price has it in it.

use domain::address::Address;
use domain::country::Country;
use domain::id::{CustomerId, OrganizationId, PriceId};
use domain::tax::{TaxBehavior, TaxRate};
use domain::tax_id::TaxId;
use domain::tax_rate::{Buyer, Seller, tax_rate};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::error::{InconsistencyError, QueryError};

/// How an order of a customer is taxed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TaxTerms {
    pub rate: TaxRate,
    pub behavior: TaxBehavior,
}

/// The terms for an order of `price_id` made now, from the organization's registrations and the customer's billing details.
pub(crate) async fn terms(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    price_id: PriceId,
) -> Result<TaxTerms, QueryError> {
    let row = sqlx::query!(
        r#"select coalesce(r.tax_behavior, o.tax_behavior) as "tax_behavior!", o.address as "seller_address: Json<Address>",
            o.collects_eu_tax, o.tax_countries, c.billing_address as "buyer_address: Json<Address>", c.tax_id, c.is_tax_exempt
         from organization o
         join customer c on c.organization_id = o.organization_id and c.customer_id = $2
         join price r on r.organization_id = o.organization_id and r.price_id = $3
         where o.organization_id = $1"#,
        organization_id.as_uuid(),
        customer_id.as_uuid(),
        price_id.as_uuid(),
    )
    .fetch_one(tx)
    .await?;
    let behavior = TaxBehavior::parse(&row.tax_behavior)
        .ok_or_else(|| InconsistencyError::new("price", "tax_behavior", price_id))?;
    let seller = seller(
        organization_id,
        row.seller_address.map(|Json(address)| address),
        row.collects_eu_tax,
        &row.tax_countries,
    )?;
    let country = row.buyer_address.map(|Json(address)| address.country);
    let buyer = buyer(country, row.tax_id.as_deref(), row.is_tax_exempt);
    Ok(TaxTerms { rate: tax_rate(&seller, &buyer), behavior })
}

/// The seller in an organization's columns.
pub(crate) fn seller(
    organization_id: OrganizationId,
    address: Option<Address>,
    collects_eu_tax: bool,
    tax_countries: &[String],
) -> Result<Seller, InconsistencyError> {
    let tax_countries = tax_countries.iter().map(|code| Country::parse(code));
    Ok(Seller {
        country: address.map(|address| address.country),
        collects_eu_tax,
        tax_countries: tax_countries.collect::<Result<_, _>>().map_err(|_| {
            InconsistencyError::new("organization", "tax_countries", organization_id)
        })?,
    })
}

/// A buyer with a tax number as it was typed. One that does not fit its country proves nothing, and hinders no order.
pub(crate) fn buyer(country: Option<Country>, tax_id: Option<&str>, is_tax_exempt: bool) -> Buyer {
    let tax_id = country.zip(tax_id).and_then(|(country, raw)| TaxId::parse(country, raw).ok());
    Buyer {
        country,
        tax_id: tax_id.map(|tax_id| (tax_id.country, tax_id.is_verified)),
        is_tax_exempt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::{UpdateBillingDetails, exempt_from_tax, update_billing_details};
    use crate::order;
    use crate::test_support::billing::{Offer, german_buyer, german_seller};
    use crate::test_support::{TestDb, fixtures};
    use domain::address::AddressInput;
    use domain::tax::TaxReason;

    #[tokio::test]
    async fn the_buyers_details_decide_and_the_order_says_why() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let organization_id = owner.organization_id;
        let offer = Offer::monthly(&db, organization_id).await;
        let mut tx = db.pool.begin().await.unwrap();
        let mut now = async || {
            let terms =
                terms(&mut tx, organization_id, owner.customer_id, offer.price_id).await.unwrap();
            (terms.rate.rate_ppm, terms.rate.reason)
        };
        assert_eq!(now().await, (0, TaxReason::NotCollected));
        german_seller(&db, organization_id).await;
        assert_eq!(now().await, (0, TaxReason::AddressMissing));
        german_buyer(&db, &owner).await;
        assert_eq!(now().await, (190_000, TaxReason::Standard));
        let started = offer.subscribe(&db, &owner).await;
        let order =
            order::get(&db.pool, &owner.clone().into(), started.order_id).await.unwrap().unwrap();
        assert_eq!((order.totals.tax.minor, order.totals.total.minor), (551, 3_451));

        let austrian = UpdateBillingDetails {
            name: "Ada Lovelace".into(),
            company: "Ada GmbH".into(),
            address: AddressInput {
                line1: "Ring 1".into(),
                postal_code: "1010".into(),
                city: "Wien".into(),
                country: "AT".into(),
                ..AddressInput::default()
            },
            tax_id: "U39099603".into(),
        };
        update_billing_details(
            &db.pool,
            &mut db.cx_of(owner.clone()),
            organization_id,
            owner.customer_id,
            austrian,
        )
        .await
        .unwrap();
        assert_eq!(now().await, (0, TaxReason::ReverseCharge));
        exempt_from_tax(&db.pool, &mut db.cx(), organization_id, owner.customer_id, true)
            .await
            .unwrap();
        assert_eq!(now().await, (0, TaxReason::CustomerExempt));
        // What was ordered stays as it was.
        let same =
            order::get(&db.pool, &owner.clone().into(), started.order_id).await.unwrap().unwrap();
        assert_eq!(same, order);
    }
}
