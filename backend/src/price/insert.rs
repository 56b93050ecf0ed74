//! Writing a price down, as a part of the commands that make prices.

use domain::id::{OrganizationId, PriceId, ProductId};
use domain::money::Currency;
use domain::price::PriceAmount;
use domain::tax::TaxBehavior;
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;

use crate::context::Context;

/// What a new price charges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewPrice {
    #[serde(flatten)]
    pub amount: PriceAmount,
    pub currency: Currency,
    /// Whether tax comes on top of the amount or is in it; as the organization says when missing.
    pub tax_behavior: Option<TaxBehavior>,
}

/// Ids for prices that are made together: they sort as they are given, for prices show in the order of instant and id.
pub(crate) fn new_ids(cx: &mut Context, count: usize) -> Vec<PriceId> {
    let mut ids: Vec<PriceId> = (0..count).map(|_| cx.new_id()).collect();
    ids.sort_unstable();
    ids
}

/// Inserts a price of a product. The constraint `price_product_fkey` refuses an unknown product.
pub(crate) async fn insert(
    tx: &mut PgConnection,
    cx: &Context,
    organization_id: OrganizationId,
    product_id: ProductId,
    price_id: PriceId,
    price: &NewPrice,
) -> Result<(), sqlx::Error> {
    let (amount_minor, seat_tiers) = match &price.amount {
        PriceAmount::Free => (None, None),
        PriceAmount::Fixed { amount_minor } => (Some(*amount_minor), None),
        PriceAmount::SeatBased { seat_tiers } => (None, Some(json!(seat_tiers))),
    };
    sqlx::query!(
        "insert into price (organization_id, price_id, product_id, amount_type, currency, amount_minor, seat_tiers, tax_behavior, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        organization_id.as_uuid(),
        price_id.as_uuid(),
        product_id.as_uuid(),
        price.amount.amount_type(),
        price.currency.as_str(),
        amount_minor,
        seat_tiers,
        price.tax_behavior.map(TaxBehavior::as_str),
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(())
}
