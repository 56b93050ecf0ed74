//! Products at a price, as quotes see them.

use domain::id::{OrganizationId, PriceId, ProductId};
use domain::interval::{Interval, RecurringInterval};
use domain::money::Currency;
use domain::quote::PlanTerms;
use domain::tax::TaxBehavior;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::{InconsistencyError, QueryError};
use crate::price::price_amount;

/// A row of product and price.
struct PlanRow {
    product_id: Uuid,
    price_id: Uuid,
    name: String,
    amount_type: String,
    amount_minor: Option<i64>,
    seat_tiers: Option<serde_json::Value>,
    tax_behavior: String,
    recurring_interval: Option<String>,
    recurring_interval_count: Option<i32>,
    trial_interval: Option<String>,
    trial_interval_count: Option<i32>,
}

impl PlanRow {
    fn terms(self) -> Result<PlanTerms, InconsistencyError> {
        let bad = |column| InconsistencyError::new("product", column, self.product_id);
        let interval = |unit: Option<&str>, count: Option<i32>, column| match (unit, count) {
            (None, None) => Ok(None),
            (Some(unit), Some(count)) => Interval::parse(unit)
                .and_then(|unit| RecurringInterval::new(unit, count).ok())
                .map(Some)
                .ok_or_else(|| bad(column)),
            _ => Err(bad(column)),
        };
        let recurring = interval(
            self.recurring_interval.as_deref(),
            self.recurring_interval_count,
            "recurring_interval",
        )?;
        let trial =
            interval(self.trial_interval.as_deref(), self.trial_interval_count, "trial_interval")?;
        Ok(PlanTerms {
            product_id: self.product_id.into(),
            price_id: self.price_id.into(),
            interval: recurring.ok_or_else(|| bad("recurring_interval"))?,
            trial,
            price: price_amount(
                self.price_id,
                &self.amount_type,
                self.amount_minor,
                self.seat_tiers,
            )?,
            tax_behavior: TaxBehavior::parse(&self.tax_behavior)
                .ok_or_else(|| InconsistencyError::new("price", "tax_behavior", self.price_id))?,
            product_name: self.name,
            seats: None,
        })
    }
}

/// A product at a price that somebody has, whether or not it is still sold.
pub(crate) async fn of_price(
    connection: &mut PgConnection,
    organization_id: OrganizationId,
    product_id: ProductId,
    price_id: PriceId,
) -> Result<PlanTerms, QueryError> {
    let row = sqlx::query_as!(
        PlanRow,
        r#"select p.product_id, r.price_id, p.name, r.amount_type, r.amount_minor, r.seat_tiers,
            coalesce(r.tax_behavior, o.tax_behavior) as "tax_behavior!", p.recurring_interval, p.recurring_interval_count,
            p.trial_interval, p.trial_interval_count
         from product p
         join price r on r.organization_id = p.organization_id and r.price_id = $3
         join organization o on o.organization_id = p.organization_id
         where p.organization_id = $1 and p.product_id = $2"#,
        organization_id.as_uuid(),
        product_id.as_uuid(),
        price_id.as_uuid(),
    )
    .fetch_one(connection)
    .await?;
    Ok(row.terms()?)
}

/// A product that is offered, with its price.
pub(crate) enum Offered {
    Plan(PlanTerms),
    /// Offered, but at no price in that currency.
    OtherCurrency,
    No,
}

/// A product as it is sold today: public, recurring, not archived, at `preferred` or else its newest price in the currency.
pub(crate) async fn offered(
    connection: &mut PgConnection,
    organization_id: OrganizationId,
    product_id: ProductId,
    preferred: Option<PriceId>,
    currency: Currency,
) -> Result<Offered, QueryError> {
    let is_offered = sqlx::query_scalar!(
        r#"select exists (select from product
            where organization_id = $1 and product_id = $2 and not is_archived and deleted_at is null and visibility = 'public'
              and recurring_interval is not null) as "is_offered!""#,
        organization_id.as_uuid(),
        product_id.as_uuid(),
    )
    .fetch_one(&mut *connection)
    .await?;
    if !is_offered {
        return Ok(Offered::No);
    }
    let price_id = sqlx::query_scalar!(
        "select price_id from price
         where organization_id = $1 and product_id = $2 and currency = $3 and not is_archived
         order by (price_id = $4) desc nulls last, created_at desc, price_id desc
         limit 1",
        organization_id.as_uuid(),
        product_id.as_uuid(),
        currency.as_str(),
        preferred.map(PriceId::as_uuid),
    )
    .fetch_optional(&mut *connection)
    .await?;
    match price_id {
        None => Ok(Offered::OtherCurrency),
        Some(price_id) => {
            let plan = of_price(connection, organization_id, product_id, price_id.into()).await?;
            Ok(Offered::Plan(plan))
        }
    }
}
