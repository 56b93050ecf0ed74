//! Parts of periods: billed once, and no credit lost.

use sqlx::PgPool;
use uuid::Uuid;

use super::VIOLATIONS_PER_RULE_MAX;

/// A billed entry stands as a line in an order of its own subscription, and each line stands for at most one entry.
pub(super) async fn not_billed_once(
    db: &PgPool,
    organization_id: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"with billed as (
            select e.proration_entry_id, e.order_id, e.kind, e.amount_minor,
                row_number() over (partition by e.order_id, e.kind, e.amount_minor order by e.proration_entry_id) as nth
            from proration_entry e
            where e.organization_id = $1 and e.order_id is not null
        )
        select b.proration_entry_id
        from billed b
        where b.nth > (
            select count(*) from order_item i
            join orders o on o.organization_id = i.organization_id and o.order_id = i.order_id
            join proration_entry e on e.organization_id = $1 and e.proration_entry_id = b.proration_entry_id
            where i.organization_id = $1 and i.order_id = b.order_id and i.kind = b.kind and i.amount_minor = b.amount_minor
              and o.subscription_id = e.subscription_id)
        limit $2"#,
        organization_id,
        VIOLATIONS_PER_RULE_MAX,
    )
    .fetch_all(db)
    .await
}

/// A credit that an order gave out stands as an entry that waits, or waited, for the next one; unless the subscription has ended, which
/// settles what waited.
pub(super) async fn credit_lost(
    db: &PgPool,
    organization_id: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select o.order_id
         from order_item i
         join orders o on o.organization_id = i.organization_id and o.order_id = i.order_id
         join subscription s on s.organization_id = o.organization_id and s.subscription_id = o.subscription_id
         where i.organization_id = $1 and i.kind = 'carried_credit' and i.amount_minor > 0 and o.status not in ('draft', 'void')
           and s.ended_at is null
           and not exists (
            select from proration_entry e
            where e.organization_id = $1 and e.subscription_id = o.subscription_id and e.kind = 'carried_credit'
              and e.amount_minor = -i.amount_minor)
         limit $2",
        organization_id,
        VIOLATIONS_PER_RULE_MAX,
    )
    .fetch_all(db)
    .await
}
