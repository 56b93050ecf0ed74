//! What a notice says: the facts of a subscription or an order as they are in the transaction of the event.
//!
//! In a mail's parameters, `…_us` are instants in microseconds since 1970 and `…_minor` amounts in the mail's `currency`;
//! names and addresses of people are not among them.

use domain::micros::of as micros;
use domain::payment::RetrySchedule;
use serde_json::{Value, json};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// Whom a notice goes to and what it says.
pub(super) struct Facts {
    pub customer_id: Uuid,
    pub parameters: Value,
}

/// An order's facts, with what decides which notice it causes.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each asked for alone")]
pub(super) struct OrderFacts {
    pub facts: Facts,
    pub billing_reason: String,
    pub total_minor: i64,
    /// It is the charge of a change, which has a notice of its own.
    pub is_of_change: bool,
    /// Its period is the first one after the trial.
    pub is_after_trial: bool,
    pub has_subscription: bool,
    /// A charge for it failed.
    pub was_declined: bool,
}

/// The facts of a subscription at `now`: with the charge of the change that is being settled and the sum of its open orders.
pub(super) async fn of_subscription(
    tx: &mut PgConnection,
    organization_id: Uuid,
    subscription_id: Uuid,
    now: OffsetDateTime,
) -> Result<Option<Facts>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select s.customer_id, p.name as product_name, s.seats, s.amount_minor, s.currency, s.recurring_interval,
            s.recurring_interval_count, s.current_period_end, s.trial_end, s.ends_at, s.ended_at, s.resumes_at, s.past_due_at,
            s.status = 'trialing' as "is_trialing!", org.dunning_retry_days,
            charge.order_id as "order_id?", charge.total_minor as "total_minor?", charge.tax_minor as "tax_minor?",
            open.total_minor as "open_minor?", open.next_attempt_at as "next_attempt_at?",
            (select sum(o.total_minor)::bigint from orders o
                where s.ended_at = $3 and o.organization_id = s.organization_id and o.subscription_id = s.subscription_id and o.status = 'void'
                  and o.modified_at = $3) as unpaid_minor,
            (select sum(e.amount_minor)::bigint from proration_entry e
                where e.organization_id = s.organization_id and e.subscription_id = s.subscription_id and e.order_id is null) as proration_minor
         from subscription s
         join organization org on org.organization_id = s.organization_id
         join product p on p.organization_id = s.organization_id and p.product_id = s.product_id
         left join lateral (
            select o.order_id, o.total_minor, o.tax_minor
            from subscription_change c
            join orders o on o.organization_id = c.organization_id and o.order_id = c.order_id
            where c.organization_id = s.organization_id and (c.subscription_id = s.subscription_id or c.new_subscription_id = s.subscription_id)
              and (c.state = 'pending' or c.settled_at = $3)
            order by c.created_at desc
            limit 1) as charge on true
         left join lateral (
            select sum(o.total_minor)::bigint as total_minor, min(o.next_payment_attempt_at) as next_attempt_at
            from orders o
            where o.organization_id = s.organization_id and o.subscription_id = s.subscription_id and o.status = 'pending') as open on true
         where s.organization_id = $1 and s.subscription_id = $2"#,
        organization_id,
        subscription_id,
        now,
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| {
        let schedule = RetrySchedule::new(row.dunning_retry_days).unwrap_or_default();
        let deadline = row.past_due_at.map(|since| schedule.deadline(since));
        // The last "attempt" only ends what nobody paid: no try is announced for it.
        let next_attempt_at =
            row.next_attempt_at.filter(|next| deadline.is_none_or(|at| *next < at));
        Facts {
            customer_id: row.customer_id,
            parameters: json!({
                "subscription_id": subscription_id,
                "product_name": row.product_name,
                "seats": row.seats,
                "amount_minor": row.amount_minor,
                "currency": row.currency,
                "recurring_interval": row.recurring_interval,
                "recurring_interval_count": row.recurring_interval_count,
                "received_at_us": micros(now),
                "current_period_end_us": micros(row.current_period_end),
                "trial_end_us": row.trial_end.filter(|_| row.is_trialing).map(micros),
                "ends_at_us": row.ended_at.or(row.ends_at).map(micros),
                "resumes_at_us": row.resumes_at.map(micros),
                "order_id": row.order_id,
                "total_minor": row.total_minor,
                "tax_minor": row.tax_minor,
                "proration_minor": row.proration_minor,
                "unpaid_minor": row.unpaid_minor,
                "open_minor": row.open_minor,
                "next_attempt_at_us": next_attempt_at.map(micros),
                "deadline_us": deadline.map(micros),
            }),
        }
    }))
}

/// The facts of an order at `now`, with those of its subscription that a notice needs.
pub(super) async fn of_order(
    tx: &mut PgConnection,
    organization_id: Uuid,
    order_id: Uuid,
    now: OffsetDateTime,
) -> Result<Option<OrderFacts>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select o.customer_id, o.subscription_id, o.billing_reason, o.currency, o.total_minor, o.tax_minor, o.seats, o.period_start, o.period_end,
            p.name as product_name, s.trial_end as "trial_end?", s.current_period_end as "current_period_end?",
            s.amount_minor as "amount_minor?", s.recurring_interval as "recurring_interval?",
            s.recurring_interval_count as "recurring_interval_count?",
            exists (select from subscription_change c where c.organization_id = o.organization_id and c.order_id = o.order_id) as "is_of_change!",
            exists (select from payment_attempt a
                where a.organization_id = o.organization_id and a.order_id = o.order_id and a.state in ('declined', 'abandoned')) as "was_declined!"
         from orders o
         join product p on p.organization_id = o.organization_id and p.product_id = o.product_id
         left join subscription s on s.organization_id = o.organization_id and s.subscription_id = o.subscription_id
         where o.organization_id = $1 and o.order_id = $2"#,
        organization_id,
        order_id,
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| OrderFacts {
        billing_reason: row.billing_reason,
        total_minor: row.total_minor,
        is_of_change: row.is_of_change,
        is_after_trial: row.trial_end.is_some() && row.trial_end == row.period_start,
        has_subscription: row.subscription_id.is_some(),
        was_declined: row.was_declined,
        facts: Facts {
            customer_id: row.customer_id,
            parameters: json!({
                "order_id": order_id,
                "subscription_id": row.subscription_id,
                "product_name": row.product_name,
                "seats": row.seats,
                "amount_minor": row.amount_minor,
                "currency": row.currency,
                "recurring_interval": row.recurring_interval,
                "recurring_interval_count": row.recurring_interval_count,
                "received_at_us": micros(now),
                "current_period_end_us": row.current_period_end.map(micros),
                "period_start_us": row.period_start.map(micros),
                "period_end_us": row.period_end.map(micros),
                "total_minor": row.total_minor,
                "tax_minor": row.tax_minor,
                "is_recovered": row.was_declined,
            }),
        },
    }))
}

/// The facts of a card that expires soon, with the names of the subscriptions that it is to pay.
pub(super) async fn of_method(
    tx: &mut PgConnection,
    organization_id: Uuid,
    payment_method_id: Uuid,
) -> Result<Option<Facts>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select m.customer_id, m.brand, m.last4, m.exp_month, m.exp_year,
            array(
                select p.name
                from subscription s
                join product p on p.organization_id = s.organization_id and p.product_id = s.product_id
                where s.organization_id = m.organization_id and s.customer_id = m.customer_id and s.ended_at is null
                  and (s.payment_method_id = m.payment_method_id
                    or (s.payment_method_id is null and c.default_payment_method_id = m.payment_method_id))
                order by s.created_at, s.subscription_id
                limit 10) as "product_names!"
         from payment_method m
         join customer c on c.organization_id = m.organization_id and c.customer_id = m.customer_id
         where m.organization_id = $1 and m.payment_method_id = $2 and m.deleted_at is null"#,
        organization_id,
        payment_method_id,
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| Facts {
        customer_id: row.customer_id,
        parameters: json!({
            "payment_method_id": payment_method_id,
            "brand": row.brand,
            "last4": row.last4,
            "exp_month": row.exp_month,
            "exp_year": row.exp_year,
            "product_names": row.product_names,
        }),
    }))
}
