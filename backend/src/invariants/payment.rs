//! Charges: what was taken is what was asked for.

use sqlx::PgPool;
use uuid::Uuid;

use super::VIOLATIONS_PER_RULE_MAX;

/// A charge that succeeded paid its order, whole; or the order had become void, and the money goes back.
pub(super) async fn astray(db: &PgPool, organization_id: Uuid) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select a.payment_attempt_id from payment_attempt a
         join orders o on o.organization_id = a.organization_id and o.order_id = a.order_id
         where a.organization_id = $1 and a.state = 'succeeded'
           and (a.amount_minor <> o.total_minor or a.currency <> o.currency or o.status in ('draft', 'pending')
            or (o.status = 'void' and not exists (
                select from refund r where r.organization_id = a.organization_id and r.order_id = a.order_id)))
         limit $2",
        organization_id,
        VIOLATIONS_PER_RULE_MAX,
    )
    .fetch_all(db)
    .await
}
