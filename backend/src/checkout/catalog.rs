//! What a checkout can sell: products on sale at a price in a currency, and discounts.

use domain::discount::RedemptionTerms;
use domain::id::{DiscountId, OrganizationId, PriceId};
use domain::money::Currency;
use domain::price::PriceAmount;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::change::DiscountChoice;
use super::error::CheckoutError;
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

/// A discount that can be redeemed for a product, as far as that is known before it is known who buys. `None`: there is none.
///
/// # Errors
/// [`CheckoutError::Discount`] when its terms are against it.
pub(super) async fn discount(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    choice: &DiscountChoice,
    product_id: Uuid,
    customer_id: Option<Uuid>,
    now: OffsetDateTime,
) -> Result<Option<DiscountId>, CheckoutError> {
    let (id, code) = match choice {
        DiscountChoice::Id(id) => (Some(id.as_uuid()), None),
        DiscountChoice::Code(code) => (None, Some(code.trim())),
    };
    let row = sqlx::query!(
        r#"select d.discount_id, d.starts_at, d.ends_at, d.max_redemptions, d.max_redemptions_per_customer, d.redemptions_count,
            array (select product_id from discount_product p
                where p.organization_id = d.organization_id and p.discount_id = d.discount_id) as "product_ids!",
            (select count(*)::integer from discount_redemption r
             where r.organization_id = d.organization_id and r.discount_id = d.discount_id and r.customer_id = $4) as "by_customer!"
         from discount d
         where d.organization_id = $1 and d.deleted_at is null and (d.discount_id = $2 or lower(d.code) = lower($3))"#,
        organization_id.as_uuid(),
        id,
        code,
        customer_id,
    )
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let terms = RedemptionTerms {
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        max_redemptions: row.max_redemptions,
        max_redemptions_per_customer: row.max_redemptions_per_customer,
        product_ids: row.product_ids.into_iter().map(Into::into).collect(),
    };
    terms.check(now, product_id.into(), row.redemptions_count, row.by_customer)?;
    Ok(Some(row.discount_id.into()))
}
