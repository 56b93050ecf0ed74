//! An organization's orders, one after the other, for a file.

use domain::id::{OrderId, ProductId};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::actor::Actor;
use crate::error::{Forbidden, QueryError};

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedOrder {
    pub order_id: OrderId,
    pub created_at: OffsetDateTime,
    pub status: String,
    pub customer_email: String,
    pub customer_name: Option<String>,
    pub product_name: String,
    pub billing_reason: String,
    pub invoice_number: Option<String>,
    pub currency: String,
    pub subtotal_minor: i64,
    pub discount_minor: i64,
    pub tax_minor: i64,
    pub total_minor: i64,
    pub refunded_minor: i64,
}

/// Up to `limit` orders after this one, in the order of their ids; of these products only, if any are given. No drafts.
///
/// # Errors
/// `Forbidden` for all but the organization itself.
pub async fn export(
    db: &PgPool,
    actor: &Actor,
    product_ids: &[ProductId],
    after: Option<OrderId>,
    limit: i64,
) -> Result<Vec<ExportedOrder>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.staff(organization_id)?;
    let product_ids: Vec<Uuid> = product_ids.iter().map(|id| id.as_uuid()).collect();
    let rows = sqlx::query_as!(
        ExportedOrder,
        r#"select o.order_id, o.created_at, o.status, c.email as customer_email, c.name as customer_name, p.name as product_name,
            o.billing_reason, i.number as "invoice_number?", o.currency, o.subtotal_minor, o.discount_minor, o.tax_minor, o.total_minor,
            o.refunded_minor
         from orders o
         join customer c on c.organization_id = o.organization_id and c.customer_id = o.customer_id
         join product p on p.organization_id = o.organization_id and p.product_id = o.product_id
         left join invoice i on i.organization_id = o.organization_id and i.order_id = o.order_id
         where o.organization_id = $1 and o.status <> 'draft' and ($2::uuid is null or o.order_id > $2)
           and (cardinality($3::uuid[]) = 0 or o.product_id = any ($3))
         order by o.order_id
         limit $4"#,
        organization_id.as_uuid(),
        after.map(OrderId::as_uuid),
        &product_ids,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
