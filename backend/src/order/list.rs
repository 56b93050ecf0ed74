//! A customer's orders, page by page.

use domain::id::SubscriptionId;
use domain::order::{OrderStatus, OrderStatusFilter};
use sqlx::PgPool;

use super::summary::{OrderRow, OrderSummary};
use crate::actor::MemberActor;
use crate::error::QueryError;
use crate::page::{Count, EXACT_COUNT_MAX, Page, PageRequest};

/// Which orders to list. Drafts are never shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OrderFilter {
    pub status: Option<OrderStatusFilter>,
    pub subscription_id: Option<SubscriptionId>,
}

impl OrderFilter {
    fn statuses(self) -> Vec<String> {
        let shown = |status: &&OrderStatus| match self.status {
            Some(filter) => filter.statuses().contains(status),
            None => **status != OrderStatus::Draft,
        };
        OrderStatus::ALL.iter().filter(shown).map(ToString::to_string).collect()
    }
}

/// The orders of the customer for whom the member acts, newest first.
///
/// # Errors
/// `Forbidden` for roles that may not read billing.
pub async fn list(db: &PgPool, actor: &MemberActor, filter: OrderFilter, page: PageRequest) -> Result<Page<OrderSummary>, QueryError> {
    actor.billing_reader()?;
    let statuses = filter.statuses();
    let subscription_id = filter.subscription_id.map(SubscriptionId::as_uuid);
    let rows = sqlx::query_as!(
        OrderRow,
        "select o.order_id, o.subscription_id, o.product_id, p.name as product_name, o.status, o.billing_reason, o.currency, o.total_minor,
            o.seats, o.period_start, o.period_end, o.created_at, o.paid_at
         from orders o
         join product p on p.organization_id = o.organization_id and p.product_id = o.product_id
         where o.organization_id = $1 and o.customer_id = $2 and o.status = any ($3) and ($4::uuid is null or o.subscription_id = $4)
         order by o.created_at desc, o.order_id desc
         limit $5 offset $6",
        actor.organization_id.as_uuid(),
        actor.customer_id.as_uuid(),
        &statuses,
        subscription_id,
        page.limit(),
        page.offset(),
    )
    .fetch_all(db)
    .await?;
    let counted = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
            select from orders o
            where o.organization_id = $1 and o.customer_id = $2 and o.status = any ($3) and ($4::uuid is null or o.subscription_id = $4)
            limit $5) as counted"#,
        actor.organization_id.as_uuid(),
        actor.customer_id.as_uuid(),
        &statuses,
        subscription_id,
        EXACT_COUNT_MAX + 1,
    )
    .fetch_one(db)
    .await?;
    let items = rows.into_iter().map(OrderSummary::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::new(items, Count::from_bounded(counted), page))
}
