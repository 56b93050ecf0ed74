//! What a visitor of the demo needs to know.

use domain::id::{CustomerId, OrganizationId};
use serde::Serialize;
use sqlx::PgPool;

use super::SLUG;
use crate::error::QueryError;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DemoOrganization {
    pub id: OrganizationId,
    pub slug: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DemoCustomer {
    pub id: CustomerId,
    pub external_id: Option<String>,
    pub email: String,
    pub name: Option<String>,
}

/// The demo organization and its customers; the telling ones come first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DemoData {
    pub organization: DemoOrganization,
    pub customers: Vec<DemoCustomer>,
}

/// So many customers are named; bulk copies are not.
const CUSTOMERS_MAX: i64 = 40;

/// The demo, if it is loaded wholly.
pub async fn data(db: &PgPool) -> Result<Option<DemoData>, QueryError> {
    let organization = sqlx::query!(
        "select organization_id, slug, name from organization
         where slug = $1 and deleted_at is null and exists (select from demo_clock)",
        SLUG,
    )
    .fetch_optional(db)
    .await?;
    let Some(organization) = organization else { return Ok(None) };
    let customers = sqlx::query!(
        "select customer_id, external_id, email, name from customer
         where organization_id = $1 and external_id is not null and deleted_at is null
         order by external_id
         limit $2",
        organization.organization_id,
        CUSTOMERS_MAX,
    )
    .fetch_all(db)
    .await?;
    let customers = customers
        .into_iter()
        .map(|row| DemoCustomer {
            id: row.customer_id.into(),
            external_id: row.external_id,
            email: row.email,
            name: row.name,
        })
        .collect();
    let organization = DemoOrganization {
        id: organization.organization_id.into(),
        slug: organization.slug,
        name: organization.name,
    };
    Ok(Some(DemoData { organization, customers }))
}
