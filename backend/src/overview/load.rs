//! The overview: the same few statements, however much there is.

use domain::money::{Currency, Money};
use domain::next_charge::NextCharge;
use sqlx::PgPool;

use crate::actor::MemberActor;
use crate::error::{InconsistencyError, QueryError};
use crate::order::{OrderRow, OrderSummary};
use crate::subscription::{self, SubscriptionSummary};

const RECENT_ORDERS_MAX: i64 = 5;

/// Orders that wait for their money.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenOrders {
    pub count: i64,
    /// One sum per currency.
    pub sums: Vec<Money>,
}

/// All that the overview shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Running ones first.
    pub subscriptions: Vec<SubscriptionSummary>,
    /// When false, orders and the next charge are left out: the member's role may not read them.
    pub can_read_billing: bool,
    /// May this member cancel and pay?
    pub can_write_billing: bool,
    /// The newest five.
    pub recent_orders: Vec<OrderSummary>,
    pub open_orders: OpenOrders,
    /// The earliest charge to come, of whichever subscription.
    pub next_charge: Option<NextCharge>,
}

/// Loads the overview of the customer for whom the member acts.
pub async fn load(db: &PgPool, actor: &MemberActor) -> Result<Overview, QueryError> {
    let subscriptions = subscription::list(db, actor).await?;
    let mut overview = Overview {
        subscriptions,
        can_read_billing: actor.role.can_read_billing(),
        can_write_billing: actor.role.can_write_billing(),
        recent_orders: Vec::new(),
        open_orders: OpenOrders::default(),
        next_charge: None,
    };
    if overview.can_read_billing {
        overview.recent_orders = recent_orders(db, actor).await?;
        overview.open_orders = open_orders(db, actor).await?;
        let charges = overview.subscriptions.iter().filter_map(|subscription| subscription.next_charge.as_ref());
        overview.next_charge = charges.min_by_key(|charge| charge.at).cloned();
    }
    Ok(overview)
}

async fn recent_orders(db: &PgPool, actor: &MemberActor) -> Result<Vec<OrderSummary>, QueryError> {
    let rows = sqlx::query_as!(
        OrderRow,
        "select o.order_id, o.subscription_id, o.product_id, p.name as product_name, o.status, o.billing_reason, o.currency, o.total_minor,
            o.seats, o.period_start, o.period_end, o.created_at, o.paid_at
         from orders o
         join product p on p.organization_id = o.organization_id and p.product_id = o.product_id
         where o.organization_id = $1 and o.customer_id = $2 and o.status <> 'draft'
         order by o.created_at desc, o.order_id desc
         limit $3",
        actor.organization_id.as_uuid(),
        actor.customer_id.as_uuid(),
        RECENT_ORDERS_MAX,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| Ok(row.try_into()?)).collect()
}

async fn open_orders(db: &PgPool, actor: &MemberActor) -> Result<OpenOrders, QueryError> {
    let rows = sqlx::query!(
        r#"select currency, count(*) as "count!", sum(total_minor)::bigint as "sum_minor!"
         from orders
         where organization_id = $1 and customer_id = $2 and status = 'pending'
         group by currency
         order by currency"#,
        actor.organization_id.as_uuid(),
        actor.customer_id.as_uuid(),
    )
    .fetch_all(db)
    .await?;
    let mut open = OpenOrders::default();
    for row in rows {
        let currency = Currency::parse(&row.currency).map_err(|_| InconsistencyError::new("orders", "currency", actor.customer_id))?;
        open.count += row.count;
        open.sums.push(Money::new(row.sum_minor, currency));
    }
    Ok(open)
}
