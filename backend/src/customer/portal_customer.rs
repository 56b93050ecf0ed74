//! A customer as it sees itself, and the member who looks.

use domain::address::Address;
use domain::customer_type::CustomerType;
use domain::id::{CustomerId, PaymentMethodId};
use sqlx::PgPool;
use sqlx::types::Json;
use time::OffsetDateTime;

use crate::actor::MemberActor;
use crate::error::{InconsistencyError, QueryError};

/// The customer for whom a member acts. Its address, tax number and payment method are billing details: empty for a role that may
/// not read billing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalCustomer {
    pub customer_id: CustomerId,
    pub customer_type: CustomerType,
    pub email: String,
    /// Somebody proved to read mails at this address.
    pub is_email_verified: bool,
    pub name: Option<String>,
    pub billing_name: Option<String>,
    pub billing_address: Option<Address>,
    pub tax_id: Option<String>,
    pub default_payment_method_id: Option<PaymentMethodId>,
    pub locale: Option<String>,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
    pub member_email: String,
    pub member_name: Option<String>,
}

/// The customer for whom the member acts; every role may look. `None` when either is gone.
pub async fn portal_customer(
    db: &PgPool,
    actor: &MemberActor,
) -> Result<Option<PortalCustomer>, QueryError> {
    let row = sqlx::query!(
        r#"select c.customer_id, c.type, c.email, c.name, c.billing_name, c.billing_address as "billing_address: Json<Address>", c.tax_id,
            c.default_payment_method_id, c.locale, c.created_at, c.modified_at, m.email as member_email, m.name as member_name,
            c.email_verified_at is not null as "is_email_verified!"
         from customer c
         join member m on m.organization_id = c.organization_id and m.customer_id = c.customer_id and m.deleted_at is null
         where c.organization_id = $1 and c.customer_id = $2 and m.member_id = $3 and c.deleted_at is null"#,
        actor.organization_id.as_uuid(),
        actor.customer_id.as_uuid(),
        actor.member_id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let reads_billing = actor.role.can_read_billing();
    Ok(Some(PortalCustomer {
        customer_id: row.customer_id.into(),
        customer_type: CustomerType::parse(&row.r#type)
            .ok_or_else(|| InconsistencyError::new("customer", "type", row.customer_id))?,
        email: row.email,
        is_email_verified: row.is_email_verified,
        name: row.name,
        billing_name: row.billing_name.filter(|_| reads_billing),
        billing_address: row.billing_address.map(|Json(address)| address).filter(|_| reads_billing),
        tax_id: row.tax_id.filter(|_| reads_billing),
        default_payment_method_id: row
            .default_payment_method_id
            .filter(|_| reads_billing)
            .map(Into::into),
        locale: row.locale,
        created_at: row.created_at,
        modified_at: row.modified_at,
        member_email: row.member_email,
        member_name: row.member_name,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{TestDb, billing, fixtures};
    use domain::role::MemberRole;

    #[tokio::test]
    async fn a_plain_member_sees_no_billing_details() {
        let db = TestDb::new().await;
        let owner =
            fixtures::team_owner(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        billing::german_buyer(&db, &owner).await;
        let member = fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::Member).await;
        let seen = portal_customer(&db.pool, &owner).await.unwrap().unwrap();
        assert_eq!((seen.customer_type, seen.is_email_verified), (CustomerType::Team, false));
        assert!(seen.billing_address.is_some() && seen.billing_name.is_some());
        let seen = portal_customer(&db.pool, &member).await.unwrap().unwrap();
        assert_eq!(seen.member_email, "bob@example.com");
        assert_eq!((seen.billing_address, seen.billing_name), (None, None));
    }
}
