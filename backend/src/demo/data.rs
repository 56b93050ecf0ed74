//! What a visitor of the demo needs to know.

use domain::id::{CustomerId, OrderId, OrganizationId};
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

/// An open order of the demo whose charge failed, to try its pay link with; `None` when all are paid.
pub async fn order_to_pay(db: &PgPool) -> Result<Option<(OrganizationId, OrderId)>, QueryError> {
    let found = sqlx::query!(
        "select o.organization_id, o.order_id from orders o
         join organization g on g.organization_id = o.organization_id
         where g.slug = $1 and g.deleted_at is null and o.status = 'pending' and o.next_payment_attempt_at is not null
         order by o.created_at desc
         limit 1",
        SLUG,
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(|row| (row.organization_id.into(), row.order_id.into())))
}
