//! Truths about an organization's rows that no single constraint can hold. Checked after bulk loads, in tests, and
//! whenever somebody doubts.

mod invoice;
mod payment;
mod payment_method;
mod periods;
mod proration;

use domain::id::OrganizationId;
use sqlx::PgPool;
use uuid::Uuid;

use crate::error::DatabaseError;

/// So many violations of one rule are told; the rest is more of the same.
const VIOLATIONS_PER_RULE_MAX: i64 = 100;

/// A row that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub rule: &'static str,
    /// The row: of the table that the rule's name begins with.
    pub key: Uuid,
}

/// Checks all rules; empty when all is well. Reads whole tables: for loads and tests, not for requests.
pub async fn check(
    db: &PgPool,
    organization_id: OrganizationId,
) -> Result<Vec<Violation>, DatabaseError> {
    let organization_id = organization_id.as_uuid();
    let mut violations = Vec::new();
    let mut note = |rule, keys: Vec<Uuid>| {
        violations.extend(keys.into_iter().map(|key| Violation { rule, key }));
    };
    note("order.items_add_up", orders_whose_items_do_not_add_up(db, organization_id).await?);
    note("order.free_is_paid", free_orders_not_paid(db, organization_id).await?);
    note(
        "order.belongs_to_its_subscription",
        orders_of_foreign_subscriptions(db, organization_id).await?,
    );
    note("customer.has_one_owner", customers_without_one_owner(db, organization_id).await?);
    note("order.periods_touch", periods::with_gaps(db, organization_id).await?);
    note("subscription.period_has_order", periods::without_order(db, organization_id).await?);
    note("order.not_after_end", orders_after_end(db, organization_id).await?);
    note("subscription.due_at_its_next_step", periods::wrong_due_time(db, organization_id).await?);
    note("proration_entry.billed_once", proration::not_billed_once(db, organization_id).await?);
    note("order.credit_is_carried", proration::credit_lost(db, organization_id).await?);
    note("payment_attempt.pays_its_order", payment::astray(db, organization_id).await?);
    note("customer.methods_are_its_own", payment_method::chosen_astray(db, organization_id).await?);
    note("subscription.method_is_its_own", payment_method::own_astray(db, organization_id).await?);
    note(
        "payment_method_setup.has_its_method",
        payment_method::setups_astray(db, organization_id).await?,
    );
    note("customer.invoices_without_gaps", invoice::with_gaps(db, organization_id).await?);
    note("invoice.says_what_was_ordered", invoice::unlike_orders(db, organization_id).await?);
    Ok(violations)
}

async fn orders_whose_items_do_not_add_up(
    db: &PgPool,
    organization_id: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select o.order_id from orders o
         left join order_item i on i.organization_id = o.organization_id and i.order_id = o.order_id
         where o.organization_id = $1
         group by o.organization_id, o.order_id
         having coalesce(sum(i.amount_minor), 0) <> o.subtotal_minor or coalesce(sum(i.tax_minor), 0) <> o.tax_minor
            or coalesce(sum(i.discount_minor), 0) <> o.discount_minor or count(i.order_id) = 0
         limit $2",
        organization_id,
        VIOLATIONS_PER_RULE_MAX,
    )
    .fetch_all(db)
    .await
}

async fn free_orders_not_paid(
    db: &PgPool,
    organization_id: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select order_id from orders where organization_id = $1 and total_minor = 0 and status = 'pending' limit $2",
        organization_id,
        VIOLATIONS_PER_RULE_MAX,
    )
    .fetch_all(db)
    .await
}

async fn orders_of_foreign_subscriptions(
    db: &PgPool,
    organization_id: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select o.order_id from orders o
         join subscription s on s.organization_id = o.organization_id and s.subscription_id = o.subscription_id
         where o.organization_id = $1 and (o.customer_id <> s.customer_id or o.currency <> s.currency)
         limit $2",
        organization_id,
        VIOLATIONS_PER_RULE_MAX,
    )
    .fetch_all(db)
    .await
}

async fn customers_without_one_owner(
    db: &PgPool,
    organization_id: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select c.customer_id from customer c
         left join member m on m.organization_id = c.organization_id and m.customer_id = c.customer_id and m.role = 'owner' and m.deleted_at is null
         where c.organization_id = $1 and c.deleted_at is null
         group by c.customer_id
         having count(m.member_id) <> 1
         limit $2",
        organization_id,
        VIOLATIONS_PER_RULE_MAX,
    )
    .fetch_all(db)
    .await
}

async fn orders_after_end(db: &PgPool, organization_id: Uuid) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select o.order_id from orders o
         join subscription s on s.organization_id = o.organization_id and s.subscription_id = o.subscription_id
         where o.organization_id = $1 and o.period_start >= s.ended_at
         limit $2",
        organization_id,
        VIOLATIONS_PER_RULE_MAX,
    )
    .fetch_all(db)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::billing::subscribed;
    use crate::test_support::{TestDb, fixtures};

    /// Each rule notices the damage it is there for.
    #[tokio::test]
    async fn damage_is_noticed() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        subscribed(&db, &owner).await;
        assert_eq!(check(&db.pool, owner.organization_id).await.unwrap(), vec![]);
        for (rule, damage) in [
            ("order.items_add_up", "update order_item set amount_minor = 1"),
            ("order.free_is_paid", "update orders set subtotal_minor = 0, total_minor = 0"),
            ("order.belongs_to_its_subscription", "update orders set currency = 'usd'"),
            ("customer.has_one_owner", "update member set deleted_at = created_at"),
            (
                "order.periods_touch",
                "insert into orders (organization_id, order_id, customer_id, subscription_id, product_id, status, billing_reason, currency,
                    subtotal_minor, total_minor, period_start, period_end, created_at)
                 select organization_id, gen_random_uuid(), customer_id, subscription_id, product_id, 'pending', 'subscription_cycle', currency,
                    0, 0, period_end + '1 second', period_end + '1 month', created_at from orders",
            ),
            ("subscription.period_has_order", "update orders set period_start = period_start - interval '1 day'"),
            ("subscription.due_at_its_next_step", "update subscription set due_at = null"),
            (
                "proration_entry.billed_once",
                "insert into proration_entry (organization_id, proration_entry_id, subscription_id, order_id, kind, label, period_start,
                    period_end, amount_minor, created_at)
                 select organization_id, gen_random_uuid(), subscription_id, order_id, 'proration_debit', 'Pro', created_at, created_at, 700,
                    created_at from orders limit 1",
            ),
            (
                "payment_attempt.pays_its_order",
                "insert into payment_attempt (organization_id, payment_attempt_id, order_id, customer_id, trigger, state, amount_minor,
                    currency, processor, created_at, settled_at)
                 select organization_id, gen_random_uuid(), order_id, customer_id, 'purchase', 'succeeded', 1, 'eur', 'sandbox', created_at,
                    created_at from orders limit 1",
            ),
            (
                "order.credit_is_carried",
                "insert into order_item (organization_id, order_id, order_item_id, position, label, amount_minor, created_at, kind)
                 select organization_id, order_id, gen_random_uuid(), 9, 'Pro', 100, created_at, 'carried_credit' from orders limit 1",
            ),
            (
                "payment_method_setup.has_its_method",
                "with method as (
                    insert into payment_method (organization_id, payment_method_id, customer_id, processor, processor_customer_id,
                        processor_method_id, kind, created_at, deleted_at)
                    select organization_id, gen_random_uuid(), customer_id, 'sandbox', 'c', 'm', 'card', created_at, created_at from customer
                    returning organization_id, payment_method_id, customer_id, created_at)
                 insert into payment_method_setup (organization_id, payment_method_setup_id, customer_id, processor, state, set_default, is_kept,
                    return_path, payment_method_id, created_at, settled_at)
                 select organization_id, payment_method_id, customer_id, 'stripe', 'succeeded', false, true, '/', payment_method_id, created_at,
                    created_at from method",
            ),
            (
                "customer.methods_are_its_own",
                "update customer set default_payment_method_id = (select payment_method_id from payment_method)",
            ),
            (
                "subscription.method_is_its_own",
                "update subscription set payment_method_id = (select payment_method_id from payment_method)",
            ),
            ("order.not_after_end", "update subscription set status = 'canceled', ended_at = current_period_start, due_at = null"),
        ] {
            let mut tx = db.pool.begin().await.unwrap();
            sqlx::query(damage).execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
            let rules: Vec<_> = check(&db.pool, owner.organization_id).await.unwrap().iter().map(|violation| violation.rule).collect();
            assert!(rules.contains(&rule), "{rule}: {rules:?}");
        }
    }
}
