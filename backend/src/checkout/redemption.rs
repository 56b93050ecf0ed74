//! The discount of a checkout: counted before the money is asked for, and given back when none came.

use sqlx::PgConnection;

use super::catalog;
use super::change::DiscountChoice;
use super::error::CheckoutError;
use super::row::CheckoutRow;
use crate::context::Context;
use crate::discount;

/// Refuses a discount that whoever buys cannot have any more.
///
/// # Errors
/// [`CheckoutError::Discount`], and `Invalid` for one that was deleted meanwhile.
pub(super) async fn check(
    tx: &mut PgConnection,
    cx: &Context,
    row: &CheckoutRow,
) -> Result<(), CheckoutError> {
    let Some(discount_id) = row.discount_id else { return Ok(()) };
    let choice = DiscountChoice::Id(discount_id.into());
    let (product_id, customer_id) = (row.product_id, row.customer_id);
    catalog::discount(tx, row.organization(), &choice, product_id, customer_id, cx.now)
        .await?
        .map(|_| ())
        .ok_or_else(|| CheckoutError::invalid("discount_code", "discount_unknown"))
}

/// Counts the purchase; of two who ask for the last one, one is refused.
pub(super) async fn redeem(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &CheckoutRow,
) -> Result<(), CheckoutError> {
    let Some(discount_id) = row.discount_id else { return Ok(()) };
    let customer_id = row.customer_id.ok_or_else(|| row.bad("customer_id"))?.into();
    let (discount_id, product_id) = (discount_id.into(), row.product_id.into());
    discount::redeem(tx, cx, row.organization(), discount_id, customer_id, product_id).await?;
    Ok(())
}

/// Takes the count back: the charge came to nothing.
pub(super) async fn give_back(
    tx: &mut PgConnection,
    row: &CheckoutRow,
) -> Result<(), CheckoutError> {
    let (Some(discount_id), Some(customer_id)) = (row.discount_id, row.customer_id) else {
        return Ok(());
    };
    sqlx::query!(
        "with gone as (
            delete from discount_redemption
            where organization_id = $1 and discount_redemption_id = (
                select discount_redemption_id from discount_redemption
                where organization_id = $1 and discount_id = $2 and customer_id = $3 and product_id = $4
                order by redeemed_at desc limit 1)
            returning discount_id)
         update discount d set redemptions_count = d.redemptions_count - 1
         from gone where d.organization_id = $1 and d.discount_id = gone.discount_id",
        row.organization_id,
        discount_id,
        customer_id,
        row.product_id,
    )
    .execute(tx)
    .await?;
    Ok(())
}
