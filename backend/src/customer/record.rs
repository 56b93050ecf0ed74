//! A customer as the organization's backend sees it.

use domain::address::Address;
use domain::customer_type::CustomerType;
use domain::id::{CustomerId, OrganizationId, PaymentMethodId};
use sqlx::PgPool;
use sqlx::types::Json;
use time::OffsetDateTime;

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
    /// Somebody signed in with a code sent to this address.
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
    let row = sqlx::query!(
        r#"select c.type, c.external_id, c.email, c.name, c.billing_name, c.billing_address as "billing_address: Json<Address>", c.tax_id,
            c.default_payment_method_id, c.locale, c.metadata, c.created_at, c.modified_at,
            exists (select from sign_in s where s.organization_id = c.organization_id and lower(s.email) = lower(c.email)
                and (s.code_used_at is not null or s.link_used_at is not null)) as "is_email_verified!"
         from customer c
         where c.organization_id = $1 and c.customer_id = $2 and c.deleted_at is null"#,
        organization_id.as_uuid(),
        customer_id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(CustomerRecord {
        organization_id,
        customer_id,
        customer_type: CustomerType::parse(&row.r#type)
            .ok_or_else(|| InconsistencyError::new("customer", "type", customer_id))?,
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
    }))
}
