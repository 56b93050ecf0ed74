//! What was paid for a subscription, so that no more is ever given back.

use std::collections::BTreeMap;

use domain::id::{OrganizationId, SubscriptionId};
use domain::order_amounts::OrderLineKind;
use domain::period::Period;
use domain::proration::{PaidLine, PaidOrder};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::{InconsistencyError, QueryError};

/// Of a subscription with more orders, the oldest give nothing back.
const PAID_ORDERS_MAX: i64 = 200;

/// The subscription's paid orders, the newest first, with their lines. What is on its way back counts as given back.
pub(crate) async fn paid_orders(
    connection: &mut PgConnection,
    organization_id: OrganizationId,
    subscription_id: SubscriptionId,
) -> Result<Vec<PaidOrder>, QueryError> {
    let orders = sqlx::query!(
        r#"select o.order_id, o.subtotal_minor - o.discount_minor as "net_minor!", o.total_minor, o.tax_minor,
            o.tax_behavior = 'inclusive' as "is_tax_inclusive!",
            greatest(o.refunded_minor, coalesce(sum(r.amount_minor), 0)::bigint) as "refunded_minor!",
            greatest(o.refunded_tax_minor, coalesce(sum(r.tax_minor), 0)::bigint) as "refunded_tax_minor!"
         from orders o
         left join refund r on r.organization_id = o.organization_id and r.order_id = o.order_id and r.state <> 'failed'
         where o.organization_id = $1 and o.subscription_id = $2 and o.status in ('paid', 'partially_refunded', 'refunded')
         group by o.organization_id, o.order_id
         order by o.created_at desc, o.order_id desc
         limit $3"#,
        organization_id.as_uuid(),
        subscription_id.as_uuid(),
        PAID_ORDERS_MAX,
    )
    .fetch_all(&mut *connection)
    .await?;
    let ids: Vec<Uuid> = orders.iter().map(|order| order.order_id).collect();
    let mut lines = lines_of(connection, organization_id, &ids).await?;
    let orders = orders.into_iter().map(|order| PaidOrder {
        order_id: order.order_id.into(),
        net_minor: order.net_minor,
        total_minor: order.total_minor,
        tax_minor: order.tax_minor,
        refunded_minor: order.refunded_minor,
        refunded_tax_minor: order.refunded_tax_minor,
        is_tax_inclusive: order.is_tax_inclusive,
        lines: lines.remove(&order.order_id).unwrap_or_default(),
    });
    Ok(orders.collect())
}

async fn lines_of(
    connection: &mut PgConnection,
    organization_id: OrganizationId,
    order_ids: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<PaidLine>>, QueryError> {
    let rows = sqlx::query!(
        r#"select order_id, order_item_id, kind, amount_minor - discount_minor as "net_minor!", period_start as "period_start!",
            period_end as "period_end!"
         from order_item
         where organization_id = $1 and order_id = any ($2) and kind <> 'carried_credit' and period_start is not null
           and period_end is not null
         order by order_id, position"#,
        organization_id.as_uuid(),
        order_ids,
    )
    .fetch_all(connection)
    .await?;
    let mut lines = BTreeMap::<Uuid, Vec<PaidLine>>::new();
    for row in rows {
        let kind = OrderLineKind::parse(&row.kind)
            .ok_or_else(|| InconsistencyError::new("order_item", "kind", row.order_item_id))?;
        lines.entry(row.order_id).or_default().push(PaidLine {
            net_minor: row.net_minor,
            period: Period { start: row.period_start, end: row.period_end },
            is_whole_period: kind.is_discountable(),
        });
    }
    Ok(lines)
}
