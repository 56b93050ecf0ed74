//! Copying the customers of an organization many times over, with all that belongs to them.

use domain::id::OrganizationId;
use sqlx::{Acquire, PgConnection, PgPool};
use thiserror::Error;

use crate::progress::{OnProgress, Progress};

/// Customers per transaction, about: small enough to show progress, large enough to be fast.
const BATCH_CUSTOMERS: i64 = 2_000;

#[derive(Debug, Error)]
pub enum BulkError {
    #[error("the organization has no customers that could be copied")]
    NothingToCopy,
    #[error("customers could not be copied")]
    Database(#[from] sqlx::Error),
}

/// Copies the customers that have an external id, in turn, until the organization has `total` customers, with their
/// members, subscriptions, seats, orders, items and payments; returns how many were copied. Copies get addresses of their own
/// (`name+17@…`), no external id, no events, no invoices and no change that is under way. `progress` is told how many are done.
///
/// Check with [`crate::invariants::check`] afterwards.
pub async fn copy_customers(
    db: &PgPool,
    organization_id: OrganizationId,
    total: u64,
    progress: OnProgress<'_>,
) -> Result<u64, BulkError> {
    let organization_id = organization_id.as_uuid();
    let counts = sqlx::query!(
        r#"select count(*) as "all!", count(external_id) as "originals!"
         from customer where organization_id = $1 and deleted_at is null"#,
        organization_id,
    )
    .fetch_one(db)
    .await?;
    if counts.originals == 0 {
        return Err(BulkError::NothingToCopy);
    }
    let mut connection = db.acquire().await?;
    prepare(&mut connection).await?;
    let total = i64::try_from(total).unwrap_or(i64::MAX);
    // Copy number n is the (n mod originals)-th original, in round n / originals; a rerun goes on where the last ended.
    let (mut next, end) = (counts.all - counts.originals, total - counts.originals);
    let first = next;
    let mut done = 0;
    while next < end {
        let until = end.min(next + BATCH_CUSTOMERS);
        let mut tx = connection.begin().await?;
        for statement in [
            CHOOSE,
            CUSTOMERS,
            SANDBOX_METHODS,
            METHODS,
            DEFAULT_METHODS,
            MEMBERS,
            SUBSCRIPTIONS,
            PENDING_UPDATES,
            SEATS,
            ORDERS,
            ITEMS,
            PRORATIONS,
            ATTEMPTS,
            FORGET,
        ] {
            let query = sqlx::query(statement);
            let query = if statement == CHOOSE {
                query.bind(organization_id).bind(next).bind(until).bind(counts.originals)
            } else {
                query
            };
            query.execute(&mut *tx).await?;
        }
        tx.commit().await?;
        next = until;
        done = u64::try_from(next - first).unwrap_or(0);
        progress(Progress { done, total: u64::try_from(end - first).unwrap_or(0) });
    }
    sqlx::query("analyze").execute(&mut *connection).await?;
    Ok(done)
}

/// `copied(id, round)`: the id of a copy. It keeps the moment of a version 7 UUID and hashes the rest, so the same
/// question gives the same answer in every statement, and new rows stand near each other in the indexes.
async fn prepare(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(
        "create or replace function pg_temp.copied(id uuid, round bigint) returns uuid immutable strict parallel safe language sql
         return overlay(overlay(left(replace(id::text, '-', ''), 12) || left(md5(id::text || round), 20) placing '7' from 13 for 1) placing '8' from 17 for 1)::uuid",
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query("create temporary table if not exists chosen (organization_id uuid, customer_id uuid, round bigint)").execute(connection).await?;
    Ok(())
}

const CHOOSE: &str = "
    insert into chosen
    select o.organization_id, o.customer_id, n / $4 + 1
    from generate_series($2::bigint, $3::bigint - 1) as n
    join (
        select organization_id, customer_id, row_number() over (order by external_id) - 1 as place
        from customer where organization_id = $1 and external_id is not null and deleted_at is null
    ) o on o.place = n % $4";

const FORGET: &str = "truncate chosen";

const CUSTOMERS: &str = "
    insert into customer (organization_id, customer_id, type, email, name, billing_name, company, billing_address, tax_id, is_tax_exempt,
        locale, time_zone, metadata, created_at, modified_at)
    select c.organization_id, pg_temp.copied(c.customer_id, t.round), c.type, replace(c.email, '@', '+' || t.round || '@'), c.name,
        c.billing_name, c.company, c.billing_address, c.tax_id, c.is_tax_exempt, c.locale, c.time_zone, c.metadata, c.created_at, c.modified_at
    from chosen t
    join customer c on c.organization_id = t.organization_id and c.customer_id = t.customer_id";

const SANDBOX_METHODS: &str = "
    insert into sandbox.method (processor_method_id, processor_customer_id, brand, last4, exp_month, exp_year, behavior, created_at)
    select s.processor_method_id || '+' || t.round, s.processor_customer_id || '+' || t.round, s.brand, s.last4, s.exp_month, s.exp_year,
        s.behavior, s.created_at
    from chosen t
    join payment_method m on m.organization_id = t.organization_id and m.customer_id = t.customer_id and m.deleted_at is null
    join sandbox.method s on s.processor_method_id = m.processor_method_id";

const METHODS: &str = "
    insert into payment_method (organization_id, payment_method_id, customer_id, processor, processor_customer_id, processor_method_id, kind,
        brand, last4, exp_month, exp_year, wallet, expiry_notice_due_at, created_at, modified_at)
    select m.organization_id, pg_temp.copied(m.payment_method_id, t.round), pg_temp.copied(m.customer_id, t.round), m.processor,
        m.processor_customer_id || '+' || t.round, m.processor_method_id || '+' || t.round, m.kind, m.brand, m.last4, m.exp_month, m.exp_year,
        m.wallet, m.expiry_notice_due_at, m.created_at, m.modified_at
    from chosen t
    join payment_method m on m.organization_id = t.organization_id and m.customer_id = t.customer_id and m.deleted_at is null";

const DEFAULT_METHODS: &str = "
    update customer copy set default_payment_method_id = pg_temp.copied(c.default_payment_method_id, t.round),
        backup_payment_method_id = pg_temp.copied(c.backup_payment_method_id, t.round)
    from chosen t
    join customer c on c.organization_id = t.organization_id and c.customer_id = t.customer_id
    where copy.organization_id = t.organization_id and copy.customer_id = pg_temp.copied(t.customer_id, t.round)";

const MEMBERS: &str = "
    insert into member (organization_id, member_id, customer_id, role, email, name, created_at, modified_at, deleted_at)
    select m.organization_id, pg_temp.copied(m.member_id, t.round), pg_temp.copied(m.customer_id, t.round), m.role,
        replace(m.email, '@', '+' || t.round || '@'), m.name, m.created_at, m.modified_at, m.deleted_at
    from chosen t
    join member m on m.organization_id = t.organization_id and m.customer_id = t.customer_id";

const SUBSCRIPTIONS: &str = "
    insert into subscription (organization_id, subscription_id, customer_id, product_id, price_id, status, currency, amount_minor, seats,
        recurring_interval, recurring_interval_count, billing_anchor_at, current_period_start, current_period_end, trial_start, trial_end,
        started_at, cancel_at_period_end, canceled_at, ends_at, ended_at, cancellation_reason, cancellation_comment, discount_id,
        discount_applied_at, pause_at_period_end, paused_at, resumes_at, past_due_at, reminder_due_at, payment_method_id, revision, due_at,
        created_at, modified_at)
    select s.organization_id, pg_temp.copied(s.subscription_id, t.round), pg_temp.copied(s.customer_id, t.round), s.product_id, s.price_id,
        s.status, s.currency, s.amount_minor, s.seats, s.recurring_interval, s.recurring_interval_count, s.billing_anchor_at,
        s.current_period_start, s.current_period_end, s.trial_start, s.trial_end, s.started_at, s.cancel_at_period_end, s.canceled_at,
        s.ends_at, s.ended_at, s.cancellation_reason, s.cancellation_comment, s.discount_id, s.discount_applied_at, s.pause_at_period_end,
        s.paused_at, s.resumes_at, s.past_due_at, s.reminder_due_at,
        pg_temp.copied(s.payment_method_id, t.round), s.revision, s.due_at, s.created_at, s.modified_at
    from chosen t
    join subscription s on s.organization_id = t.organization_id and s.customer_id = t.customer_id";

const ORDERS: &str = "
    insert into orders (organization_id, order_id, customer_id, subscription_id, product_id, status, billing_reason, currency,
        subtotal_minor, discount_minor, tax_minor, total_minor, discount_id, tax_behavior, refunded_minor, refunded_tax_minor, seats,
        period_start, period_end, paid_at, next_payment_attempt_at, created_at, modified_at)
    select o.organization_id, pg_temp.copied(o.order_id, t.round), pg_temp.copied(o.customer_id, t.round),
        pg_temp.copied(o.subscription_id, t.round), o.product_id, o.status, o.billing_reason, o.currency, o.subtotal_minor,
        o.discount_minor, o.tax_minor, o.total_minor, o.discount_id, o.tax_behavior, o.refunded_minor, o.refunded_tax_minor, o.seats,
        o.period_start, o.period_end, o.paid_at, o.next_payment_attempt_at, o.created_at, o.modified_at
    from chosen t
    join orders o on o.organization_id = t.organization_id and o.customer_id = t.customer_id and o.status <> 'draft'";

const ITEMS: &str = "
    insert into order_item (organization_id, order_id, order_item_id, position, price_id, label, quantity, kind, amount_minor, discount_minor,
        tax_minor, tax_rate_ppm, tax_reason, period_start, period_end, seats_before, seats_after, is_proration, created_at)
    select i.organization_id, pg_temp.copied(i.order_id, t.round), pg_temp.copied(i.order_item_id, t.round), i.position, i.price_id,
        i.label, i.quantity, i.kind, i.amount_minor, i.discount_minor, i.tax_minor, i.tax_rate_ppm, i.tax_reason, i.period_start, i.period_end,
        i.seats_before, i.seats_after, i.is_proration, i.created_at
    from chosen t
    join orders o on o.organization_id = t.organization_id and o.customer_id = t.customer_id and o.status <> 'draft'
    join order_item i on i.organization_id = o.organization_id and i.order_id = o.order_id";

const PENDING_UPDATES: &str = "
    insert into subscription_pending_update (organization_id, subscription_id, pending_update_id, product_id, price_id, seats, applies_at,
        created_at)
    select u.organization_id, pg_temp.copied(u.subscription_id, t.round), pg_temp.copied(u.pending_update_id, t.round), u.product_id,
        u.price_id, u.seats, u.applies_at, u.created_at
    from chosen t
    join subscription s on s.organization_id = t.organization_id and s.customer_id = t.customer_id
    join subscription_pending_update u on u.organization_id = s.organization_id and u.subscription_id = s.subscription_id";

const PRORATIONS: &str = "
    insert into proration_entry (organization_id, proration_entry_id, subscription_id, order_id, kind, label, seats_before, seats_after,
        period_start, period_end, amount_minor, created_at)
    select e.organization_id, pg_temp.copied(e.proration_entry_id, t.round), pg_temp.copied(e.subscription_id, t.round),
        pg_temp.copied(e.order_id, t.round), e.kind, e.label, e.seats_before, e.seats_after, e.period_start, e.period_end, e.amount_minor,
        e.created_at
    from chosen t
    join subscription s on s.organization_id = t.organization_id and s.customer_id = t.customer_id
    join proration_entry e on e.organization_id = s.organization_id and e.subscription_id = s.subscription_id";

const SEATS: &str = "
    insert into customer_seat (organization_id, customer_seat_id, subscription_id, member_id, status, created_at, claimed_at, revoked_at)
    select c.organization_id, pg_temp.copied(c.customer_seat_id, t.round), pg_temp.copied(c.subscription_id, t.round),
        pg_temp.copied(c.member_id, t.round), c.status, c.created_at, c.claimed_at, c.revoked_at
    from chosen t
    join subscription s on s.organization_id = t.organization_id and s.customer_id = t.customer_id
    join customer_seat c on c.organization_id = s.organization_id and c.subscription_id = s.subscription_id";

/// Failed tries too, or a past-due subscription would not count as one. Each copy has a processor's payment of its own name.
const ATTEMPTS: &str = "
    insert into payment_attempt (organization_id, payment_attempt_id, order_id, customer_id, trigger, state, amount_minor, currency,
        processor, processor_payment_id, decline_code, action_url, tries, due_at, created_at, sent_at, settled_at,
        payment_method_id, is_on_session)
    select a.organization_id, pg_temp.copied(a.payment_attempt_id, t.round), pg_temp.copied(a.order_id, t.round),
        pg_temp.copied(a.customer_id, t.round), a.trigger, a.state, a.amount_minor, a.currency, a.processor,
        a.processor_payment_id || '+' || t.round, a.decline_code, a.action_url, a.tries, a.due_at, a.created_at, a.sent_at, a.settled_at,
        (select pg_temp.copied(m.payment_method_id, t.round) from payment_method m
            where m.organization_id = a.organization_id and m.payment_method_id = a.payment_method_id and m.deleted_at is null),
        a.is_on_session
    from chosen t
    join payment_attempt a on a.organization_id = t.organization_id and a.customer_id = t.customer_id and a.settled_at is not null
    join orders o on o.organization_id = a.organization_id and o.order_id = a.order_id and o.status <> 'draft'";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{TestDb, fixtures};
    use crate::{demo, invariants};

    #[tokio::test]
    async fn copies_are_whole_and_a_rerun_goes_on() {
        let db = TestDb::new().await;
        let now = time::macros::datetime!(2026-05-31 10:00 UTC);
        let demo = demo::seed(&db.pool, now, 1, &mut |_| ()).await.unwrap();
        let organization_id = demo.organization.id;
        let count = async |sql: &'static str| {
            sqlx::query_scalar::<_, i64>(sql).fetch_one(&db.pool).await.unwrap()
        };
        let orders = count("select count(*) from orders").await;

        let mut told = Vec::new();
        assert_eq!(
            copy_customers(&db.pool, organization_id, 120, &mut |step| told.push(step))
                .await
                .unwrap(),
            80
        );
        assert_eq!(told, [Progress { done: 80, total: 80 }]);
        assert_eq!(count("select count(*) from customer").await, 120);
        assert_eq!(count("select count(*) from orders").await, 3 * orders);
        assert_eq!(invariants::check(&db.pool, organization_id).await.unwrap(), vec![]);

        assert_eq!(copy_customers(&db.pool, organization_id, 125, &mut |_| ()).await.unwrap(), 5);
        assert_eq!(copy_customers(&db.pool, organization_id, 125, &mut |_| ()).await.unwrap(), 0);
        assert_eq!(
            count("select count(*) from customer where email like 'clara.neumann+3@%'").await,
            1
        );
        assert_eq!(invariants::check(&db.pool, organization_id).await.unwrap(), vec![]);
        assert_eq!(
            demo::data(&db.pool).await.unwrap(),
            Some(demo),
            "copies are not shown to visitors"
        );
    }

    #[tokio::test]
    async fn an_organization_without_customers_is_refused() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        assert!(matches!(
            copy_customers(&db.pool, organization_id, 10, &mut |_| ()).await,
            Err(BulkError::NothingToCopy)
        ));
    }
}
