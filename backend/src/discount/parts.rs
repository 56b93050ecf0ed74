//! A discount as its tables hold it.

use domain::discount::{DiscountAmount, DiscountDuration};
use domain::id::{DiscountId, OrganizationId, ProductId};
use domain::money::Money;
use sqlx::PgConnection;
use uuid::Uuid;

/// How much comes off and for how long, in columns.
pub(super) struct Columns<'a> {
    pub kind: &'static str,
    pub basis_points: Option<i32>,
    pub amounts: &'a [Money],
    pub duration: &'static str,
    pub duration_in_months: Option<i32>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(amount: &'a DiscountAmount, duration: DiscountDuration) -> Self {
        let (kind, basis_points, amounts) = match amount {
            DiscountAmount::Percentage { basis_points } => {
                ("percentage", Some(*basis_points), &[][..])
            }
            DiscountAmount::Fixed { amounts } => ("fixed", None, &amounts[..]),
        };
        let (duration, duration_in_months) = match duration {
            DiscountDuration::Once => ("once", None),
            DiscountDuration::Repeating { months } => ("repeating", Some(months)),
            DiscountDuration::Forever => ("forever", None),
        };
        Self { kind, basis_points, amounts, duration, duration_in_months }
    }
}

pub(super) async fn insert_amounts(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    discount_id: DiscountId,
    amounts: &[Money],
) -> Result<(), sqlx::Error> {
    let (currencies, minors): (Vec<String>, Vec<i64>) =
        amounts.iter().map(|amount| (amount.currency.as_str().to_owned(), amount.minor)).unzip();
    sqlx::query!(
        "insert into discount_amount (organization_id, discount_id, currency, amount_minor)
         select $1, $2, currency, amount_minor from unnest($3::text[], $4::bigint[]) as given (currency, amount_minor)",
        organization_id.as_uuid(),
        discount_id.as_uuid(),
        &currencies,
        &minors,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Says which products a discount is for; `false` when one of them is not there.
pub(super) async fn insert_products(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    discount_id: DiscountId,
    products: &[ProductId],
) -> Result<bool, sqlx::Error> {
    let mut ids: Vec<Uuid> = products.iter().map(|id| id.as_uuid()).collect();
    ids.sort_unstable();
    ids.dedup();
    let inserted = sqlx::query!(
        "insert into discount_product (organization_id, discount_id, product_id)
         select p.organization_id, $2, p.product_id from product p
         where p.organization_id = $1 and p.product_id = any ($3) and p.deleted_at is null",
        organization_id.as_uuid(),
        discount_id.as_uuid(),
        &ids,
    )
    .execute(tx)
    .await?;
    Ok(usize::try_from(inserted.rows_affected()) == Ok(ids.len()))
}
