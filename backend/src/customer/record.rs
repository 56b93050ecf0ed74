//! Customers as the organization's backend sees them.

use std::collections::HashMap;

use domain::address::Address;
use domain::customer_type::CustomerType;
use domain::id::{CustomerId, OrganizationId, PaymentMethodId};
use sqlx::PgPool;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::actor::Actor;
use crate::error::{InconsistencyError, QueryError};

/// All that is known of a customer.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomerRecord {
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    pub customer_type: CustomerType,
    pub external_id: Option<String>,
    pub email: String,
    /// Somebody proved to read mails at this address.
    pub is_email_verified: bool,
    pub name: Option<String>,
    pub billing_name: Option<String>,
    pub billing_address: Option<Address>,
    pub tax_id: Option<String>,
    pub default_payment_method_id: Option<PaymentMethodId>,
    pub locale: Option<String>,
    pub metadata: serde_json::Value,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
    pub deleted_at: Option<OffsetDateTime>,
}

/// A live customer; `None` when there is none in the organization.
///
/// # Errors
/// `Forbidden` for everybody but the organization itself.
pub async fn record(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    customer_id: CustomerId,
) -> Result<Option<CustomerRecord>, QueryError> {
    actor.staff(organization_id)?;
    let mut found = records(db, organization_id, &[customer_id]).await?;
    Ok(found.remove(&customer_id).filter(|customer| customer.deleted_at.is_none()))
}

/// These customers of one organization, deleted ones too: one statement. Who may see them is for the caller to have asked.
///
/// # Errors
/// [`QueryError::Database`] and [`QueryError::Inconsistency`].
pub async fn records(
    db: &PgPool,
    organization_id: OrganizationId,
    customer_ids: &[CustomerId],
) -> Result<HashMap<CustomerId, CustomerRecord>, QueryError> {
    if customer_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<Uuid> = customer_ids.iter().map(|id| id.as_uuid()).collect();
    let rows = sqlx::query!(
        r#"select customer_id, type, external_id, email, name, billing_name, billing_address as "billing_address: Json<Address>", tax_id,
            default_payment_method_id, locale, metadata, created_at, modified_at, deleted_at,
            email_verified_at is not null as "is_email_verified!"
         from customer
         where organization_id = $1 and customer_id = any ($2)"#,
        organization_id.as_uuid(),
        &ids,
    )
    .fetch_all(db)
    .await?;
    let mut records = HashMap::with_capacity(rows.len());
    for row in rows {
        let customer_id = row.customer_id.into();
        let record = CustomerRecord {
            organization_id,
            customer_id,
            customer_type: CustomerType::parse(&row.r#type)
                .ok_or_else(|| InconsistencyError::new("customer", "type", row.customer_id))?,
            external_id: row.external_id,
            email: row.email,
            is_email_verified: row.is_email_verified,
            name: row.name,
            billing_name: row.billing_name,
            billing_address: row.billing_address.map(|Json(address)| address),
            tax_id: row.tax_id,
            default_payment_method_id: row.default_payment_method_id.map(Into::into),
            locale: row.locale,
            metadata: row.metadata,
            created_at: row.created_at,
            modified_at: row.modified_at,
            deleted_at: row.deleted_at,
        };
        records.insert(customer_id, record);
    }
    Ok(records)
}
