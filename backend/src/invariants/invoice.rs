//! Invoices: numbers without gaps, and the amounts of their orders.

use sqlx::PgPool;
use uuid::Uuid;

use super::VIOLATIONS_PER_RULE_MAX;

/// Customers whose numbers are not 1 to the last one given out, each once.
pub(super) async fn with_gaps(
    db: &PgPool,
    organization_id: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r"select s.customer_id from invoice_series s
         left join invoice i on i.organization_id = s.organization_id and i.customer_id = s.customer_id
         where s.organization_id = $1
         group by s.organization_id, s.customer_id
         having count(i.invoice_id) <> s.last_number
            or count(distinct substring(i.number from '\d+$')::integer) <> s.last_number
            or coalesce(max(substring(i.number from '\d+$')::integer), 0) <> s.last_number
         limit $2",
        organization_id,
        VIOLATIONS_PER_RULE_MAX,
    )
    .fetch_all(db)
    .await
}

/// An invoice says what its order came to, and belongs to an order that was announced and cost something.
pub(super) async fn unlike_orders(
    db: &PgPool,
    organization_id: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select i.invoice_id from invoice i
         join orders o on o.organization_id = i.organization_id and o.order_id = i.order_id
         where i.organization_id = $1
           and (o.status = 'draft' or o.total_minor = 0 or o.customer_id <> i.customer_id or o.issue_due_at is not null
            or (i.snapshot #>> '{totals,total,minor}')::bigint <> o.total_minor
            or (i.snapshot #>> '{totals,tax,minor}')::bigint <> o.tax_minor
            or i.snapshot ->> 'currency' <> o.currency)
         limit $2",
        organization_id,
        VIOLATIONS_PER_RULE_MAX,
    )
    .fetch_all(db)
    .await
}
