//! Payment methods: whoever is charged is charged with a method of its own that is still there.

use sqlx::PgPool;
use uuid::Uuid;

use super::VIOLATIONS_PER_RULE_MAX;

/// Customers whose default or backup is another's, or was removed.
pub(super) async fn chosen_astray(
    db: &PgPool,
    organization_id: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select c.customer_id from customer c
         where c.organization_id = $1 and exists (
            select from payment_method m
            where m.organization_id = c.organization_id
              and m.payment_method_id in (c.default_payment_method_id, c.backup_payment_method_id)
              and (m.customer_id <> c.customer_id or m.deleted_at is not null))
         limit $2",
        organization_id,
        VIOLATIONS_PER_RULE_MAX,
    )
    .fetch_all(db)
    .await
}

/// Subscriptions that have not ended and whose own method is another customer's, or was removed.
pub(super) async fn own_astray(
    db: &PgPool,
    organization_id: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select s.subscription_id from subscription s
         join payment_method m on m.organization_id = s.organization_id and m.payment_method_id = s.payment_method_id
         where s.organization_id = $1 and s.ended_at is null and (m.customer_id <> s.customer_id or m.deleted_at is not null)
         limit $2",
        organization_id,
        VIOLATIONS_PER_RULE_MAX,
    )
    .fetch_all(db)
    .await
}

/// Setups that succeeded with another customer's method, one of another processor, or a charge of another order.
pub(super) async fn setups_astray(
    db: &PgPool,
    organization_id: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select s.payment_method_setup_id from payment_method_setup s
         left join payment_method m on m.organization_id = s.organization_id and m.payment_method_id = s.payment_method_id
         left join payment_attempt a on a.organization_id = s.organization_id and a.payment_attempt_id = s.payment_attempt_id
         where s.organization_id = $1 and s.state = 'succeeded'
           and (m.payment_method_id is null or m.customer_id <> s.customer_id or m.processor <> s.processor
            or a.order_id <> s.order_id or (a.payment_attempt_id is not null and s.order_id is null and s.checkout_id is null))
         limit $2",
        organization_id,
        VIOLATIONS_PER_RULE_MAX,
    )
    .fetch_all(db)
    .await
}
