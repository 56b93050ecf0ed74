//! What stands on a customer's invoices.

use domain::address::Address;
use domain::id::{CustomerId, OrganizationId};
use sqlx::PgPool;
use sqlx::types::Json;

use crate::actor::Actor;
use crate::error::QueryError;

/// Who is billed, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BillingDetails {
    pub name: Option<String>,
    pub company: Option<String>,
    pub address: Option<Address>,
    /// As `domain::tax_id` writes it.
    pub tax_id: Option<String>,
    /// Set by the organization only.
    pub is_tax_exempt: bool,
}

impl BillingDetails {
    /// An invoice can be made out to them.
    pub const fn is_complete(&self) -> bool {
        (self.name.is_some() || self.company.is_some()) && self.address.is_some()
    }
}

/// The billing details of a live customer; `None` when there is none in the actor's reach.
///
/// # Errors
/// `Forbidden` for roles that may not read billing.
pub async fn billing_details(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    customer_id: CustomerId,
) -> Result<Option<BillingDetails>, QueryError> {
    actor.billing_reader(organization_id)?;
    let row = sqlx::query!(
        r#"select billing_name, company, billing_address as "address: Json<Address>", tax_id, is_tax_exempt
         from customer
         where organization_id = $1 and customer_id = $2 and ($3::uuid is null or customer_id = $3) and deleted_at is null"#,
        organization_id.as_uuid(),
        customer_id.as_uuid(),
        actor.customer_id().map(CustomerId::as_uuid),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| BillingDetails {
        name: row.billing_name,
        company: row.company,
        address: row.address.map(|Json(address)| address),
        tax_id: row.tax_id,
        is_tax_exempt: row.is_tax_exempt,
    }))
}
