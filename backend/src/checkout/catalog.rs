//! What a checkout can sell: products on sale at a price in a currency, and discounts.

use domain::id::{DiscountId, OrganizationId, PriceId};
use domain::money::Currency;
use domain::price::PriceAmount;
use sqlx::PgConnection;
use uuid::Uuid;

use super::change::DiscountChoice;
use crate::error::QueryError;
use crate::price::price_amount;

/// A price on sale.
#[derive(Debug, Clone)]
pub(super) struct ChosenPrice {
    pub price_id: Uuid,
    pub currency: String,
    pub amount: PriceAmount,
}

/// The price at which a product is sold again and again: the one that is wished for, else its newest in the currency. `None` when the
/// product is not on sale, is sold once, or has no such price. Products that are not shown to everybody can be bought by a checkout.
pub(super) async fn price(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    product_id: Uuid,
    currency: Option<Currency>,
    preferred: Option<PriceId>,
) -> Result<Option<ChosenPrice>, QueryError> {
    let row = sqlx::query!(
        "select r.price_id, r.currency, r.amount_type, r.amount_minor, r.seat_tiers
         from product p
         join price r on r.organization_id = p.organization_id and r.product_id = p.product_id and not r.is_archived
         where p.organization_id = $1 and p.product_id = $2 and not p.is_archived and p.deleted_at is null
            and p.recurring_interval is not null
            and ($3::text is null or r.currency = $3) and ($4::uuid is null or r.price_id = $4)
         order by r.created_at desc, r.price_id desc
         limit 1",
        organization_id.as_uuid(),
        product_id,
        currency.map(|currency| currency.as_str().to_owned()),
        preferred.map(PriceId::as_uuid),
    )
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let amount = price_amount(row.price_id, &row.amount_type, row.amount_minor, row.seat_tiers)?;
    Ok(Some(ChosenPrice { price_id: row.price_id, currency: row.currency, amount }))
}

/// A discount that still exists.
pub(super) async fn discount(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    choice: &DiscountChoice,
) -> Result<Option<DiscountId>, QueryError> {
    let DiscountChoice::Id(discount_id) = choice else { return Ok(None) };
    let found = sqlx::query_scalar!(
        "select discount_id from discount where organization_id = $1 and discount_id = $2 and deleted_at is null",
        organization_id.as_uuid(),
        discount_id.as_uuid(),
    )
    .fetch_optional(tx)
    .await?;
    Ok(found.map(Into::into))
}
