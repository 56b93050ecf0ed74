//! A new method at hand: orders whose charge failed are tried again at once.

use domain::id::{CustomerId, OrganizationId, SubscriptionId};
use domain::order::OrderStatus;
use domain::payment::PaymentTrigger;
use sqlx::PgConnection;

use crate::context::Context;
use crate::error::QueryError;
use crate::payment::{self, NewAttempt};

/// Orders tried again at once; the schedule takes care of more.
const ORDERS_MAX: i64 = 20;
/// Tries of one order for this reason: going back and forth between two cards asks no bank for ever.
const TRIES_MAX: i64 = 5;

/// Writes a charge, due now, for each open order whose charge failed: of one subscription; else of the customer's subscriptions without
/// an own method and of its orders without a subscription. An order with an open charge is left alone. Returns how many. The caller
/// holds the customer's row; subscriptions and orders are locked here, in this order.
pub(crate) async fn retry_overdue(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    subscription_id: Option<SubscriptionId>,
) -> Result<usize, QueryError> {
    let order_ids = sqlx::query_scalar!(
        "select o.order_id from orders o
         join customer c on c.organization_id = o.organization_id and c.customer_id = o.customer_id
         left join subscription s on s.organization_id = o.organization_id and s.subscription_id = o.subscription_id
         where o.organization_id = $1 and o.customer_id = $2 and o.status = 'pending'
           and case when $3::uuid is null then s.payment_method_id is null else o.subscription_id = $3 end
           and coalesce(s.payment_method_id, c.default_payment_method_id) is not null
           and exists (select from payment_attempt a where a.organization_id = o.organization_id and a.order_id = o.order_id
                and a.state in ('declined', 'abandoned'))
           and (select count(*) from payment_attempt a where a.organization_id = o.organization_id and a.order_id = o.order_id
                and a.trigger = $4) < $5
         order by o.created_at, o.order_id
         limit $6",
        organization_id.as_uuid(),
        customer_id.as_uuid(),
        subscription_id.map(SubscriptionId::as_uuid),
        PaymentTrigger::RetryPaymentMethodUpdate.as_str(),
        TRIES_MAX,
        ORDERS_MAX,
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut prepared = 0;
    for order_id in order_ids {
        let Some((_, order)) = payment::lock(tx, organization_id, order_id.into()).await? else {
            continue;
        };
        let has_open = sqlx::query_scalar!(
            r#"select exists (select from payment_attempt
                where organization_id = $1 and order_id = $2 and settled_at is null) as "exists!""#,
            organization_id.as_uuid(),
            order_id,
        )
        .fetch_one(&mut *tx)
        .await?;
        if has_open || order.status != OrderStatus::Pending {
            continue;
        }
        let attempt = NewAttempt {
            organization_id,
            order_id: order.order_id,
            customer_id,
            amount: order.total,
            trigger: PaymentTrigger::RetryPaymentMethodUpdate,
            is_on_session: false,
            payment_method_id: None,
            return_path: None,
            due_at: cx.now,
        };
        prepared += usize::from(payment::prepare(tx, cx, attempt).await?.is_some());
    }
    Ok(prepared)
}
